// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "artifact/manifest_reader.h"
#include "core/dtype.h"
#include "format/file_header.h"
#include "format/xxhash64.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <map>

using namespace rmsn;
namespace fb = flatbuffers;

rmsn_status rmsn::corrupt(const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof(text), format, list);
  va_end(list);
  return fail(RMSN_STATUS_CORRUPT_ARTIFACT, "artifact is damaged: %s", text);
}

std::string rmsn::text(const fb::String *string) {
  return string ? string->str() : std::string();
}

static bool isPowerOfTwo(uint64_t value) {
  return value && !(value & (value - 1));
}

rmsn_status ManifestReader::range(uint64_t offset, uint64_t length,
                                  const char *what, size_t index) {
  if (offset > size || length > size - offset)
    return corrupt("%s %zu lies outside of the file", what, index);
  if (offset % kFileAlignment || offset < sizeof(FileHeader))
    return corrupt("%s %zu is not aligned to %u bytes", what, index,
                   unsigned(kFileAlignment));
  return RMSN_STATUS_OK;
}

// An enumeration may hold none but its own values, not even to be checked.
rmsn_dtype rmsn::dtypeOf(unsigned number) {
  return number <= unsigned(RMSN_DTYPE_F8E5M2) ? rmsn_dtype(number)
                                               : RMSN_DTYPE_INVALID;
}

rmsn_status ManifestReader::value(const format::Value *from, ValueDef &to,
                                  const std::string &where) {
  const char *w = where.c_str();
  if (!from)
    return corrupt("%s: an entry is missing", w);
  to.name = text(from->name());
  to.isScalar = from->is_scalar();
  to.dtype = dtypeOf(from->dtype());
  to.elementSize = uint32_t(dtypeSize(to.dtype));
  if (!to.elementSize)
    return corrupt("%s: dtype %u is unknown", w, unsigned(from->dtype()));
  to.packedDtype = packedType(toDlpack(to.dtype));
  to.shape = numbers(from->shape());
  if (to.rank() > kMaxRank || (to.isScalar && to.rank() != 0))
    return corrupt("%s: rank %d is not possible", w, to.rank());
  for (int64_t extent : to.shape)
    if (extent < -1)
      return corrupt("%s: extent %lld is not possible", w, (long long)extent);
  to.symbols = numbers(from->symbols());
  if (!to.symbols.empty() && to.symbols.size() != to.shape.size())
    return corrupt("%s: %zu symbols for %zu extents", w, to.symbols.size(),
                   to.shape.size());
  if (from->layout() > format::Layout_MAX)
    return corrupt("%s: layout %u is unknown", w, unsigned(from->layout()));
  to.layout = rmsn_layout(from->layout());
  to.alignment = from->alignment();
  if (!isPowerOfTwo(to.alignment) || to.alignment > 4096)
    return corrupt("%s: alignment %u is not possible", w, to.alignment);
  to.isMutable = from->mutable_();
  to.calleeAllocated = from->callee_allocated();
  to.mayAlias = numbers(from->may_alias());
  return RMSN_STATUS_OK;
}

rmsn_status
ManifestReader::values(const fb::Vector<fb::Offset<format::Value>> *from,
                       std::vector<ValueDef> &to, const std::string &where) {
  size_t count = from ? from->size() : 0;
  to.resize(count);
  for (size_t i = 0; i < count; ++i)
    RMSN_TRY(value(from->Get(fb::uoffset_t(i)), to[i],
                   where + " " + std::to_string(i)));
  return RMSN_STATUS_OK;
}

rmsn_status ManifestReader::constant(const format::Constant *from,
                                     size_t index) {
  if (!from)
    return corrupt("constant %zu is missing", index);
  ConstantDef to;
  to.name = text(from->name());
  to.dtype = dtypeOf(from->dtype());
  to.shape = numbers(from->shape());
  to.size = from->size();
  RMSN_TRY(range(from->offset(), to.size, "constant", index));
  uint64_t bytes = dtypeSize(to.dtype);
  if (!bytes || to.shape.size() > size_t(kMaxRank))
    return corrupt("constant %zu has no known type", index);
  for (int64_t extent : to.shape)
    if (extent < 0 || __builtin_mul_overflow(bytes, uint64_t(extent), &bytes))
      return corrupt("constant %zu has an impossible shape", index);
  if (bytes != to.size)
    return corrupt("constant %zu has %llu bytes, its type needs %llu", index,
                   (unsigned long long)to.size, (unsigned long long)bytes);
  to.data = data + from->offset();
  // allocated, aligned, offset, extents, strides
  size_t rank = to.shape.size();
  to.descriptor.resize(3 + 2 * rank);
  to.descriptor[0] = to.descriptor[1] = int64_t(intptr_t(to.data));
  int64_t stride = 1;
  for (size_t i = rank; i-- > 0;) {
    to.descriptor[3 + i] = to.shape[i];
    to.descriptor[3 + rank + i] = stride;
    stride *= std::max<int64_t>(to.shape[i], 1);
  }
  model.constants.push_back(std::move(to));
  return RMSN_STATUS_OK;
}

rmsn_status ManifestReader::function(const format::Function *from) {
  if (!from)
    return corrupt("a function is missing");
  FunctionDef to;
  to.name = text(from->name());
  const char *n = to.name.c_str();
  if (to.name.empty())
    return corrupt("a function has no name");
  for (const FunctionDef &other : model.functions)
    if (other.name == to.name)
      return corrupt("function '%s' is there twice", n);
  std::string where = "function '" + to.name + "'";
  RMSN_TRY(values(from->args(), to.args, where + " argument"));
  RMSN_TRY(values(from->results(), to.results, where + " result"));
  for (const ValueDef &arg : to.args)
    if (arg.calleeAllocated || !arg.mayAlias.empty() ||
        (arg.isScalar && arg.isMutable))
      return corrupt("function '%s': an argument is marked as a result", n);
  for (const ValueDef &result : to.results) {
    if (result.isScalar || result.isMutable)
      return corrupt("function '%s': a result is marked as an argument", n);
    for (int32_t arg : result.mayAlias)
      if (arg < 0 || size_t(arg) >= to.args.size() ||
          to.args[size_t(arg)].isScalar)
        return corrupt("function '%s': a result may alias nothing", n);
  }
  to.constants = numbers(from->constants());
  for (uint32_t index : to.constants)
    if (index >= model.constants.size())
      return corrupt("function '%s' uses a constant that is not there", n);
  to.entrySymbol = text(from->entry_symbol());
  to.shapeSymbol = text(from->shape_symbol());
  RMSN_TRY(gpuFunction(from->gpu(), to, to.gpu));
  finishFunction(to);
  model.functions.push_back(std::move(to));
  return RMSN_STATUS_OK;
}

rmsn_status ManifestReader::read(const format::Manifest &manifest) {
  model.formatVersion = manifest.format_version();
  if (model.formatVersion > kFormatMajor)
    return fail(RMSN_STATUS_NEWER_ARTIFACT,
                "artifact has manifest version %u, this runtime reads up to %u",
                model.formatVersion, kFormatMajor);
  model.producer = text(manifest.producer());
  // In the order of their references to each other.
  size_t index = 0;
  if (const auto *constants = manifest.constants())
    for (const format::Constant *c : *constants)
      RMSN_TRY(constant(c, index++));
  index = 0;
  if (const auto *blobs = manifest.blobs())
    for (const format::Blob *b : *blobs)
      RMSN_TRY(blob(b, index++));
  if (const auto *kernels = manifest.gpu_kernels())
    for (const format::GpuKernel *k : *kernels)
      RMSN_TRY(gpuKernel(k));
  if (const auto *functions = manifest.functions())
    for (const format::Function *f : *functions)
      RMSN_TRY(function(f));
  if (const auto *kernels = manifest.kernels())
    for (const format::KernelInfo *k : *kernels) {
      if (!k)
        return corrupt("a kernel info is missing");
      model.kernels.push_back({text(k->function()), text(k->name()),
                               text(k->description()), text(k->location()),
                               k->norms(), k->tensors_read(),
                               k->tensors_written()});
    }
  return RMSN_STATUS_OK;
}

void rmsn::finishFunction(FunctionDef &function) {
  std::map<int32_t, int32_t> symbols;
  uint32_t offset = 0;
  auto prepare = [&](ValueDef &value, uint32_t &dims) {
    value.symbolIndex.assign(value.shape.size(), -1);
    for (size_t i = 0; i < value.symbols.size(); ++i)
      if (value.symbols[i] >= 0)
        value.symbolIndex[i] =
            symbols.emplace(value.symbols[i], int32_t(symbols.size()))
                .first->second;
    if (value.isScalar)
      return;
    value.descriptorOffset = offset;
    offset += uint32_t(sizeof(rmsn_memref) + 16 * value.shape.size());
    value.dimOffset = dims;
    dims += uint32_t(value.shape.size());
  };
  for (ValueDef &arg : function.args) {
    prepare(arg, function.numArgDims);
    function.anyMutableArg |= arg.isMutable;
  }
  for (ValueDef &result : function.results) {
    prepare(result, function.numResultDims);
    function.anyCalleeAllocated |= result.calleeAllocated;
  }
  function.numSymbols = uint32_t(symbols.size());
  function.descriptorBytes = offset;
}

rmsn_status rmsn::readModel(const unsigned char *data, size_t size,
                            Model &model) {
  FileHeader header;
  if (size < sizeof(kMagic) || std::memcmp(data, kMagic, sizeof(kMagic)) != 0)
    return fail(RMSN_STATUS_FOREIGN_ARTIFACT,
                "not an RMSNorm artifact: it does not start as one does");
  if (size < sizeof(header))
    return fail(RMSN_STATUS_TRUNCATED_ARTIFACT,
                "artifact is cut off: it has %zu bytes, its header alone needs "
                "%zu",
                size, sizeof(header));
  std::memcpy(&header, data, sizeof(header));
  if (header.formatMajor > kFormatMajor)
    return fail(RMSN_STATUS_NEWER_ARTIFACT,
                "artifact has format version %u.%u, this runtime reads up to "
                "%u.x: a newer runtime is needed",
                header.formatMajor, header.formatMinor, kFormatMajor);
  if (header.formatMajor == 0)
    return corrupt("format version 0 does not exist");
  if (header.totalLength > size)
    return fail(RMSN_STATUS_TRUNCATED_ARTIFACT,
                "artifact is cut off: it has %zu bytes, expected %llu", size,
                (unsigned long long)header.totalLength);
  if (header.totalLength < size)
    return corrupt("it has %zu bytes, expected %llu", size,
                   (unsigned long long)header.totalLength);
  uint64_t stored = header.checksum;
  header.checksum = 0;
  XxHash64 hash;
  hash.update(&header, sizeof(header));
  hash.update(data + sizeof(header), size - sizeof(header));
  if (hash.digest() != stored)
    return corrupt("its checksum is %016llx, its contents give %016llx",
                   (unsigned long long)stored,
                   (unsigned long long)hash.digest());
  if (header.manifestOffset > size ||
      header.manifestSize > size - header.manifestOffset ||
      header.manifestOffset % kFileAlignment ||
      header.manifestOffset < sizeof(header) ||
      header.manifestSize > (uint64_t(1) << 30))
    return corrupt("its manifest lies outside of the file");
  const unsigned char *manifest = data + header.manifestOffset;
  fb::Verifier verifier(manifest, size_t(header.manifestSize));
  if (header.manifestSize < 8 || !format::VerifyManifestBuffer(verifier))
    return corrupt("its manifest is malformed");
  return ManifestReader(data, size, model).read(*format::GetManifest(manifest));
}
