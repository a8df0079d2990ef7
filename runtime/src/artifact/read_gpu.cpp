// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "artifact/manifest_reader.h"
#include "core/dtype.h"
#include "format/unit_dims.h"

using namespace rmsn;

rmsn_status ManifestReader::blob(const format::Blob *from, size_t index) {
  if (!from)
    return corrupt("blob %zu is missing", index);
  if (from->kind() > format::BlobKind_MAX)
    return corrupt("blob %zu is of unknown kind %u", index,
                   unsigned(from->kind()));
  BlobDef to;
  to.kind = rmsn_variant_kind(from->kind());
  to.target = text(from->target());
  to.arch = text(from->arch());
  if (const auto *features = from->features())
    for (const flatbuffers::String *feature : *features) {
      to.features.push_back(text(feature));
      to.featureText += (to.featureText.empty() ? "" : ",") + text(feature);
    }
  to.priority = from->priority();
  to.abiVersion = from->abi_version();
  to.size = from->size();
  RMSN_TRY(range(from->offset(), to.size, "blob", index));
  to.data = data + from->offset();
  model.blobs.push_back(std::move(to));
  return RMSN_STATUS_OK;
}

rmsn_status ManifestReader::gpuKernel(const format::GpuKernel *from) {
  if (!from)
    return corrupt("a gpu kernel is missing");
  GpuKernelDef to;
  to.name = text(from->name());
  to.symbol = text(from->symbol());
  to.description = text(from->description());
  std::string where = "gpu kernel '" + to.name + "'";
  const char *w = where.c_str();
  RMSN_TRY(values(from->operands(), to.operands, where + " operand"));
  to.numInputs = from->num_inputs();
  to.extentOperand = numbers(from->extent_operand());
  to.extentDim = numbers(from->extent_dim());
  to.numRowDims = from->num_row_dims();
  to.rowsPerBlock = from->rows_per_block();
  to.blockX = from->block_x();
  to.clusterX = from->cluster_x();
  to.sharedBytes = from->shared_bytes();
  to.blobs = numbers(from->blobs());
  if (to.name.empty() || to.symbol.empty())
    return corrupt("a gpu kernel has no name");
  if (to.numInputs > to.operands.size())
    return corrupt("%s has more inputs than operands", w);
  for (size_t i = to.numInputs; i < to.operands.size(); ++i)
    if (to.operands[i].isScalar || to.operands[i].calleeAllocated)
      return corrupt("%s: operand %zu cannot be a result", w, i);
  if (to.extentOperand.size() != to.extentDim.size() ||
      to.numRowDims > to.extentOperand.size() ||
      to.extentOperand.size() > size_t(kMaxRank))
    return corrupt("%s has an impossible iteration space", w);
  for (size_t i = 0; i < to.extentOperand.size(); ++i)
    if (to.extentOperand[i] >= to.operands.size() ||
        to.extentDim[i] >= unsigned(to.operands[to.extentOperand[i]].rank()))
      return corrupt("%s takes extent %zu from nowhere", w, i);
  if (to.rowsPerBlock < 1 || to.rowsPerBlock > (1u << 20) || to.blockX < 1 ||
      to.blockX > 1024 || to.clusterX < 1 || to.clusterX > 16 ||
      to.sharedBytes > (1u << 20))
    return corrupt("%s has an impossible launch configuration", w);
  for (uint32_t index : to.blobs)
    if (index >= model.blobs.size() ||
        model.blobs[index].kind == RMSN_VARIANT_ELF)
      return corrupt("%s names a wrong blob", w);
  for (const GpuKernelDef &other : model.gpuKernels)
    if (other.name == to.name)
      return corrupt("%s is there twice", w);
  model.gpuKernels.push_back(std::move(to));
  return RMSN_STATUS_OK;
}

rmsn_status ManifestReader::launchOperand(const RefDef &ref,
                                          const ValueDef &operand,
                                          const FunctionDef &owner,
                                          const GpuFunctionDef &gpu,
                                          std::vector<int32_t> &dims) {
  rmsn_dtype dtype;
  const std::vector<int64_t> *shape;
  bool scalar = false;
  switch (ref.kind) {
  case RefKind::Argument:
  case RefKind::Result: {
    const auto &list =
        ref.kind == RefKind::Argument ? owner.args : owner.results;
    if (ref.index >= list.size())
      return corrupt("function '%s' launches with a value that is not there",
                     owner.name.c_str());
    dtype = list[ref.index].dtype;
    shape = &list[ref.index].shape;
    scalar = list[ref.index].isScalar;
    break;
  }
  case RefKind::Constant:
    if (ref.index >= model.constants.size())
      return corrupt("function '%s' launches with a constant that is not there",
                     owner.name.c_str());
    dtype = model.constants[ref.index].dtype;
    shape = &model.constants[ref.index].shape;
    break;
  case RefKind::Temporary:
    if (ref.index >= gpu.temporaries.size())
      return corrupt(
          "function '%s' launches with a temporary that is not there",
          owner.name.c_str());
    dtype = gpu.temporaries[ref.index].dtype;
    shape = &gpu.temporaries[ref.index].shape;
    break;
  default:
    return corrupt("function '%s' launches with an unknown kind of value",
                   owner.name.c_str());
  }
  if (dtype != operand.dtype || scalar != operand.isScalar ||
      !matchUnitDims(*shape, operand.shape, dims))
    return corrupt("function '%s' launches a kernel with a value of another "
                   "type",
                   owner.name.c_str());
  return RMSN_STATUS_OK;
}

rmsn_status ManifestReader::gpuFunction(const format::GpuFunction *from,
                                        const FunctionDef &owner,
                                        GpuFunctionDef &to) {
  if (!from)
    return RMSN_STATUS_OK;
  to.present = true;
  to.unsupported = text(from->unsupported());
  if (const auto *temporaries = from->temporaries())
    for (const format::GpuTemporary *t : *temporaries) {
      GpuTemporaryDef def;
      def.dtype = dtypeOf(t->dtype());
      def.shape = numbers(t->shape());
      def.argOf = numbers(t->arg_of());
      def.dimOf = numbers(t->dim_of());
      bool wrong = !dtypeSize(def.dtype) || def.shape.size() > size_t(kMaxRank);
      for (size_t i = 0; i < def.shape.size() && !wrong; ++i)
        wrong = def.shape[i] < 0 &&
                (i >= def.argOf.size() || i >= def.dimOf.size() ||
                 def.argOf[i] >= owner.args.size() ||
                 def.dimOf[i] >= owner.args[def.argOf[i]].shape.size());
      if (wrong)
        return corrupt("function '%s' has an impossible temporary",
                       owner.name.c_str());
      to.temporaries.push_back(std::move(def));
    }
  if (const auto *launches = from->launches())
    for (const format::GpuLaunch *launch : *launches) {
      GpuLaunchDef def;
      def.kernel = launch->kernel();
      if (def.kernel >= model.gpuKernels.size())
        return corrupt("function '%s' launches a kernel that is not there",
                       owner.name.c_str());
      if (const auto *operands = launch->operands())
        for (const format::Ref *ref : *operands)
          def.operands.push_back({RefKind(ref->kind()), ref->index()});
      const auto &expected = model.gpuKernels[def.kernel].operands;
      if (def.operands.size() != expected.size())
        return corrupt("function '%s' launches a kernel with %zu operands, "
                       "expected %zu",
                       owner.name.c_str(), def.operands.size(),
                       expected.size());
      def.dims.resize(expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        RMSN_TRY(launchOperand(def.operands[i], expected[i], owner, to,
                               def.dims[i]));
        if (i >= model.gpuKernels[def.kernel].numInputs &&
            (def.operands[i].kind == RefKind::Constant ||
             (def.operands[i].kind == RefKind::Argument &&
              !owner.args[def.operands[i].index].isMutable)))
          return corrupt("function '%s' launches a kernel that writes what is "
                         "not to be written",
                         owner.name.c_str());
      }
      to.launches.push_back(std::move(def));
    }
  return RMSN_STATUS_OK;
}
