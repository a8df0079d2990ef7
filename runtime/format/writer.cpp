// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "format/writer.h"

#include "format/file_header.h"
#include "format/xxhash64.h"
#include "manifest_generated.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <sys/stat.h>
#include <unistd.h>

using namespace rmsn;
using namespace rmsn::writer;
namespace fb = flatbuffers;

namespace {

uint64_t alignUp(uint64_t value) {
  return (value + kFileAlignment - 1) / kFileAlignment * kFileAlignment;
}

uint64_t dtypeSize(rmsn_dtype dtype) {
  switch (dtype) {
  case RMSN_DTYPE_F64:
  case RMSN_DTYPE_I64:
  case RMSN_DTYPE_U64:
    return 8;
  case RMSN_DTYPE_F32:
  case RMSN_DTYPE_I32:
  case RMSN_DTYPE_U32:
    return 4;
  case RMSN_DTYPE_F16:
  case RMSN_DTYPE_BF16:
  case RMSN_DTYPE_I16:
  case RMSN_DTYPE_U16:
    return 2;
  case RMSN_DTYPE_BOOL:
  case RMSN_DTYPE_I8:
  case RMSN_DTYPE_U8:
  case RMSN_DTYPE_F8E4M3FN:
  case RMSN_DTYPE_F8E5M2:
    return 1;
  case RMSN_DTYPE_INVALID:
    break;
  }
  return 0;
}

// Where each blob and constant goes. The manifest comes last, because it holds
// the offsets of the others.
struct Placement {
  std::vector<uint64_t> blobs, constants;
  uint64_t end = 0;
};

Placement place(const Artifact &artifact) {
  Placement placement;
  uint64_t offset = sizeof(FileHeader);
  auto put = [&](const Bytes &bytes, std::vector<uint64_t> &offsets) {
    offset = alignUp(offset);
    offsets.push_back(offset);
    offset += bytes.size;
  };
  for (const Blob &blob : artifact.blobs)
    put(blob.bytes, placement.blobs);
  for (const writer::Constant &constant : artifact.constants)
    put(constant.bytes, placement.constants);
  placement.end = alignUp(offset);
  return placement;
}

bool refuse(std::string &error, const std::string &what) {
  error = "cannot write artifact: " + what;
  return false;
}

bool check(const Artifact &artifact, std::string &error) {
  for (const writer::Constant &constant : artifact.constants) {
    uint64_t size = dtypeSize(constant.dtype);
    for (int64_t extent : constant.shape) {
      if (extent < 0)
        return refuse(error,
                      "constant '" + constant.name + "' has a dynamic extent");
      size *= uint64_t(extent);
    }
    if (!dtypeSize(constant.dtype) || size != constant.bytes.size)
      return refuse(error, "constant '" + constant.name + "' has " +
                               std::to_string(constant.bytes.size) +
                               " bytes, but its type needs " +
                               std::to_string(size));
  }
  auto checkValue = [&](const writer::Value &value, const std::string &where) {
    if (!dtypeSize(value.dtype))
      return refuse(error, where + ": value '" + value.name + "' has no dtype");
    if (!value.symbols.empty() && value.symbols.size() != value.shape.size())
      return refuse(error, where + ": value '" + value.name +
                               "' has not one symbol per extent");
    if (value.alignment == 0 || (value.alignment & (value.alignment - 1)))
      return refuse(error, where + ": value '" + value.name +
                               "' has an alignment that is no power of two");
    return true;
  };
  for (const writer::Function &function : artifact.functions) {
    std::string where = "function '" + function.name + "'";
    for (const writer::Value &value : function.args)
      if (!checkValue(value, where))
        return false;
    for (const writer::Value &value : function.results) {
      if (!checkValue(value, where))
        return false;
      for (int32_t arg : value.mayAlias)
        if (arg < 0 || size_t(arg) >= function.args.size())
          return refuse(error, where + ": may_alias names no argument");
    }
    for (uint32_t constant : function.constants)
      if (constant >= artifact.constants.size())
        return refuse(error, where + " names a constant that is not there");
    for (const writer::GpuLaunch &launch : function.gpu.launches)
      if (launch.kernel >= artifact.gpuKernels.size() ||
          launch.operands.size() !=
              artifact.gpuKernels[launch.kernel].operands.size())
        return refuse(error, where + " launches a kernel wrongly");
  }
  for (const writer::GpuKernel &kernel : artifact.gpuKernels) {
    std::string where = "gpu kernel '" + kernel.name + "'";
    for (const writer::Value &value : kernel.operands)
      if (!checkValue(value, where))
        return false;
    if (kernel.extentOperand.size() != kernel.extentDim.size() ||
        kernel.numRowDims > kernel.extentOperand.size() ||
        kernel.numInputs > kernel.operands.size())
      return refuse(error, where + " has a wrong iteration space");
    for (size_t i = 0; i < kernel.extentOperand.size(); ++i)
      if (kernel.extentOperand[i] >= kernel.operands.size() ||
          kernel.extentDim[i] >=
              kernel.operands[kernel.extentOperand[i]].shape.size())
        return refuse(error, where + " takes an extent from nowhere");
    for (uint32_t blob : kernel.blobs)
      if (blob >= artifact.blobs.size() ||
          artifact.blobs[blob].kind == writer::BlobKind::Elf)
        return refuse(error, where + " names a wrong blob");
  }
  return true;
}

template <typename Out, typename In, typename Fn>
fb::Offset<fb::Vector<fb::Offset<Out>>>
buildTables(fb::FlatBufferBuilder &builder, const std::vector<In> &inputs,
            Fn build) {
  std::vector<fb::Offset<Out>> offsets;
  for (const In &input : inputs)
    offsets.push_back(build(input));
  return builder.CreateVector(offsets);
}

class ManifestBuilder {
public:
  ManifestBuilder(const Artifact &artifact, const Placement &placement)
      : artifact(artifact), placement(placement) {}

  const fb::FlatBufferBuilder &build() {
    auto functions = buildTables<format::Function>(
        builder, artifact.functions,
        [&](const writer::Function &f) { return function(f); });
    size_t index = 0;
    auto constants = buildTables<format::Constant>(
        builder, artifact.constants, [&](const writer::Constant &c) {
          auto name = builder.CreateString(c.name);
          auto shape = builder.CreateVector(c.shape);
          return format::CreateConstant(builder, name, c.dtype, shape,
                                        placement.constants[index++],
                                        c.bytes.size);
        });
    index = 0;
    auto blobs = buildTables<format::Blob>(
        builder, artifact.blobs, [&](const writer::Blob &b) {
          auto target = builder.CreateString(b.target);
          auto arch = builder.CreateString(b.arch);
          auto features = builder.CreateVectorOfStrings(b.features);
          return format::CreateBlob(builder, format::BlobKind(b.kind), target,
                                    arch, features, b.priority, b.abiVersion,
                                    placement.blobs[index++], b.bytes.size);
        });
    auto gpuKernels = buildTables<format::GpuKernel>(
        builder, artifact.gpuKernels,
        [&](const writer::GpuKernel &k) { return gpuKernel(k); });
    auto kernels = buildTables<format::KernelInfo>(
        builder, artifact.kernels, [&](const writer::KernelInfo &k) {
          auto function = builder.CreateString(k.function);
          auto name = builder.CreateString(k.name);
          auto description = builder.CreateString(k.description);
          auto location = builder.CreateString(k.location);
          return format::CreateKernelInfo(builder, function, name, k.norms,
                                          description, k.tensorsRead,
                                          k.tensorsWritten, location);
        });
    auto producer = builder.CreateString(artifact.producer);
    format::FinishManifestBuffer(
        builder,
        format::CreateManifest(builder, kFormatMajor, producer, functions,
                               constants, blobs, gpuKernels, kernels));
    return builder;
  }

private:
  fb::Offset<format::Value> value(const writer::Value &v) {
    auto name = builder.CreateString(v.name);
    auto shape = builder.CreateVector(v.shape);
    fb::Offset<fb::Vector<int32_t>> symbols, mayAlias;
    if (!v.symbols.empty())
      symbols = builder.CreateVector(v.symbols);
    if (!v.mayAlias.empty())
      mayAlias = builder.CreateVector(v.mayAlias);
    return format::CreateValue(builder, name, v.isScalar, v.dtype, shape,
                               symbols, format::Layout(v.layout), v.alignment,
                               v.isMutable, v.calleeAllocated, mayAlias);
  }

  auto values(const std::vector<writer::Value> &list) {
    return buildTables<format::Value>(
        builder, list, [&](const writer::Value &v) { return value(v); });
  }

  fb::Offset<format::GpuFunction> gpuFunction(const writer::GpuFunction &gpu) {
    auto launches = buildTables<format::GpuLaunch>(
        builder, gpu.launches, [&](const writer::GpuLaunch &launch) {
          std::vector<format::Ref> refs;
          for (const writer::Ref &ref : launch.operands)
            refs.emplace_back(format::RefKind(ref.kind), ref.index);
          auto operands = builder.CreateVectorOfStructs(refs);
          return format::CreateGpuLaunch(builder, launch.kernel, operands);
        });
    auto temporaries = buildTables<format::GpuTemporary>(
        builder, gpu.temporaries, [&](const writer::GpuTemporary &t) {
          auto shape = builder.CreateVector(t.shape);
          auto argOf = builder.CreateVector(t.argOf);
          auto dimOf = builder.CreateVector(t.dimOf);
          return format::CreateGpuTemporary(builder, t.dtype, shape, argOf,
                                            dimOf);
        });
    auto unsupported = builder.CreateString(gpu.unsupported);
    return format::CreateGpuFunction(builder, launches, temporaries,
                                     unsupported);
  }

  fb::Offset<format::Function> function(const writer::Function &f) {
    auto name = builder.CreateString(f.name);
    auto args = values(f.args);
    auto results = values(f.results);
    auto constants = builder.CreateVector(f.constants);
    auto entry = builder.CreateString(f.entrySymbol);
    auto shape = builder.CreateString(f.shapeSymbol);
    fb::Offset<format::GpuFunction> gpu;
    if (f.hasGpu)
      gpu = gpuFunction(f.gpu);
    return format::CreateFunction(builder, name, args, results, constants,
                                  entry, shape, gpu);
  }

  fb::Offset<format::GpuKernel> gpuKernel(const writer::GpuKernel &k) {
    auto name = builder.CreateString(k.name);
    auto symbol = builder.CreateString(k.symbol);
    auto operands = values(k.operands);
    auto extentOperand = builder.CreateVector(k.extentOperand);
    auto extentDim = builder.CreateVector(k.extentDim);
    auto description = builder.CreateString(k.description);
    auto blobs = builder.CreateVector(k.blobs);
    return format::CreateGpuKernel(builder, name, symbol, operands, k.numInputs,
                                   extentOperand, extentDim, k.numRowDims,
                                   k.rowsPerBlock, k.blockX, k.clusterX,
                                   k.sharedBytes, description, blobs);
  }

  const Artifact &artifact;
  const Placement &placement;
  fb::FlatBufferBuilder builder;
};

using Sink = std::function<bool(const void *, uint64_t)>;

// Hands the file to the sink piece by piece, so that large constants are never
// copied into one buffer first.
bool emit(const Artifact &artifact, const Sink &sink) {
  Placement placement = place(artifact);
  ManifestBuilder manifest(artifact, placement);
  const fb::FlatBufferBuilder &built = manifest.build();

  FileHeader header = {};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.formatMajor = kFormatMajor;
  header.formatMinor = kFormatMinor;
  header.manifestOffset = placement.end;
  header.manifestSize = built.GetSize();
  header.totalLength = placement.end + built.GetSize();

  auto pieces = [&](const Sink &out) {
    uint64_t position = 0;
    static const char zeros[kFileAlignment] = {};
    auto put = [&](const void *data, uint64_t size) {
      position += size;
      return size == 0 || out(data, size);
    };
    auto pad = [&] { return put(zeros, alignUp(position) - position); };
    if (!put(&header, sizeof(header)))
      return false;
    for (const writer::Blob &blob : artifact.blobs)
      if (!pad() || !put(blob.bytes.data, blob.bytes.size))
        return false;
    for (const writer::Constant &constant : artifact.constants)
      if (!pad() || !put(constant.bytes.data, constant.bytes.size))
        return false;
    return pad() && put(built.GetBufferPointer(), built.GetSize());
  };

  XxHash64 hash;
  pieces([&](const void *data, uint64_t size) {
    hash.update(data, size);
    return true;
  });
  header.checksum = hash.digest();
  return pieces(sink);
}

} // namespace

bool rmsn::writer::writeToMemory(const Artifact &artifact,
                                 std::vector<char> &bytes, std::string &error) {
  if (!check(artifact, error))
    return false;
  bytes.clear();
  return emit(artifact, [&](const void *data, uint64_t size) {
    const char *begin = static_cast<const char *>(data);
    bytes.insert(bytes.end(), begin, begin + size);
    return true;
  });
}

/// Writes all of the artifact; false with errno set.
static bool emitTo(int fd, const writer::Artifact &artifact) {
  return emit(artifact, [fd](const void *data, uint64_t size) {
    const char *p = static_cast<const char *>(data);
    while (size) {
      ssize_t written = ::write(fd, p, size);
      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return false;
      p += written;
      size -= uint64_t(written);
    }
    return true;
  });
}

/// Devices, pipes and the like, which nothing may take the place of.
static bool writeInPlace(const writer::Artifact &artifact,
                         const std::string &path, std::string &error) {
  int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  int failure = fd < 0 || !emitTo(fd, artifact) ? errno : 0;
  if (fd >= 0 && close(fd) != 0 && !failure)
    failure = errno;
  if (failure)
    error = "cannot write '" + path + "': " + strerror(failure);
  return !failure;
}

bool rmsn::writer::writeToFile(const Artifact &artifact,
                               const std::string &given, std::string &error) {
  if (!check(artifact, error))
    return false;
  struct stat status;
  std::string path = given;
  if (stat(given.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
      return writeInPlace(artifact, given, error);
    // A link stays one.
    if (char *resolved = realpath(given.c_str(), nullptr)) {
      path = resolved;
      free(resolved);
    }
  }
  std::string temporary = path + ".XXXXXX";
  int fd = mkstemp(temporary.data());
  if (fd < 0) {
    error = "cannot create a file next to '" + given + "': " + strerror(errno);
    return false;
  }
  bool ok = emitTo(fd, artifact);
  // mkstemp makes private files; an artifact has the usual permissions.
  mode_t mask = umask(0);
  umask(mask);
  ok = ok && fchmod(fd, 0666 & ~mask) == 0;
  int failure = ok ? 0 : errno;
  if (close(fd) != 0 && ok) {
    ok = false;
    failure = errno;
  }
  if (ok && rename(temporary.c_str(), path.c_str()) != 0) {
    ok = false;
    failure = errno;
  }
  if (!ok) {
    unlink(temporary.c_str());
    error = "cannot write '" + given + "': " + strerror(failure);
  }
  return ok;
}
