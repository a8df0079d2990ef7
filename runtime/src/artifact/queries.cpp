// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What an artifact says about itself, for the C API.

#include "artifact/artifact.h"
#include "core/structs.h"
#include "cuda/driver.h"
#include "cuda/modules.h"

using namespace rmsn;

namespace {

template <typename T>
rmsn_status at(const std::vector<T> &list, size_t index, const char *what,
               const T *&entry) {
  entry = nullptr;
  if (index >= list.size())
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "%s %zu asked for, expected less than %zu", what, index,
                list.size());
  entry = &list[index];
  return RMSN_STATUS_OK;
}

rmsn_status describeValue(const ValueDef &value, rmsn_value_info *info) {
  rmsn_value_info ours = {};
  ours.dtype = value.dtype;
  ours.name = value.name.c_str();
  ours.is_scalar = value.isScalar;
  ours.rank = value.rank();
  ours.shape = value.shape.data();
  ours.symbols = value.symbols.empty() ? nullptr : value.symbols.data();
  ours.layout = value.layout;
  ours.alignment = value.alignment;
  ours.is_mutable = value.isMutable;
  ours.callee_allocated = value.calleeAllocated;
  ours.num_may_alias = value.mayAlias.size();
  ours.may_alias = value.mayAlias.data();
  return writeStruct(info, ours, "rmsn_value_info");
}

rmsn_status isNull(const char *function, const char *what) {
  return fail(RMSN_STATUS_NULL_POINTER, "%s: %s is null", function, what);
}

} // namespace

extern "C" {

rmsn_status rmsn_artifact_info(const rmsn_artifact *artifact,
                               rmsn_artifact_info_t *info) {
  if (!artifact)
    return isNull("rmsn_artifact_info", "artifact");
  rmsn_artifact_info_t ours = {};
  ours.format_version = artifact->model.formatVersion;
  ours.producer = artifact->model.producer.c_str();
  ours.num_functions = artifact->functions.size();
  ours.num_constants = artifact->model.constants.size();
  ours.num_variants = artifact->model.blobs.size();
  ours.num_gpu_kernels = artifact->model.gpuKernels.size();
  ours.num_kernel_infos = artifact->model.kernels.size();
  ours.file_size = artifact->size();
  ours.cpu_variant = artifact->cpuVariant();
  return writeStruct(info, ours, "rmsn_artifact_info_t");
}

rmsn_status rmsn_artifact_constant(const rmsn_artifact *artifact, size_t index,
                                   rmsn_constant_info *info) {
  if (!artifact)
    return isNull("rmsn_artifact_constant", "artifact");
  const ConstantDef *constant;
  RMSN_TRY(at(artifact->model.constants, index, "constant", constant));
  rmsn_constant_info ours = {};
  ours.dtype = constant->dtype;
  ours.name = constant->name.c_str();
  ours.rank = int32_t(constant->shape.size());
  ours.shape = constant->shape.data();
  ours.data = constant->data;
  ours.size = constant->size;
  return writeStruct(info, ours, "rmsn_constant_info");
}

rmsn_status rmsn_artifact_variant(const rmsn_artifact *artifact, size_t index,
                                  rmsn_variant_info *info) {
  if (!artifact)
    return isNull("rmsn_artifact_variant", "artifact");
  const BlobDef *blob;
  RMSN_TRY(at(artifact->model.blobs, index, "variant", blob));
  rmsn_variant_info ours = {};
  ours.kind = blob->kind;
  ours.target = blob->target.c_str();
  ours.arch = blob->arch.c_str();
  ours.features = blob->featureText.c_str();
  ours.priority = blob->priority;
  ours.abi_version = blob->abiVersion;
  ours.size = blob->size;
  ours.data = blob->data;
  if (blob->kind == RMSN_VARIANT_ELF) {
    ours.usable = artifact->isUsableOnCpu(*blob);
  } else {
    CudaDriver::DeviceState *device;
    int rank;
    ours.usable =
        artifact->context.cuda().device(0, device) == 0 &&
        gpuArchRuns(blob->kind, blob->arch, device->major, device->minor, rank);
  }
  return writeStruct(info, ours, "rmsn_variant_info");
}

rmsn_status rmsn_artifact_gpu_kernel(const rmsn_artifact *artifact,
                                     size_t index, rmsn_gpu_kernel_info *info) {
  if (!artifact)
    return isNull("rmsn_artifact_gpu_kernel", "artifact");
  const GpuKernelDef *kernel;
  RMSN_TRY(at(artifact->model.gpuKernels, index, "GPU kernel", kernel));
  rmsn_gpu_kernel_info ours = {};
  ours.num_operands = uint32_t(kernel->operands.size());
  ours.name = kernel->name.c_str();
  ours.symbol = kernel->symbol.c_str();
  ours.num_inputs = kernel->numInputs;
  ours.num_row_dims = kernel->numRowDims;
  ours.rows_per_block = kernel->rowsPerBlock;
  ours.block_x = kernel->blockX;
  ours.cluster_x = kernel->clusterX;
  ours.shared_bytes = kernel->sharedBytes;
  ours.description = kernel->description.c_str();
  return writeStruct(info, ours, "rmsn_gpu_kernel_info");
}

rmsn_status rmsn_artifact_kernel_info(const rmsn_artifact *artifact,
                                      size_t index, rmsn_kernel_info *info) {
  if (!artifact)
    return isNull("rmsn_artifact_kernel_info", "artifact");
  const KernelInfoDef *kernel;
  RMSN_TRY(at(artifact->model.kernels, index, "kernel info", kernel));
  rmsn_kernel_info ours = {};
  ours.norms = kernel->norms;
  ours.function = kernel->function.c_str();
  ours.name = kernel->name.c_str();
  ours.description = kernel->description.c_str();
  ours.location = kernel->location.c_str();
  ours.tensors_read = kernel->tensorsRead;
  ours.tensors_written = kernel->tensorsWritten;
  return writeStruct(info, ours, "rmsn_kernel_info");
}

rmsn_status rmsn_function_lookup(rmsn_artifact *artifact, const char *name,
                                 rmsn_function **function) {
  if (!artifact || !function)
    return isNull("rmsn_function_lookup", artifact ? "function" : "artifact");
  *function = nullptr;
  if (!name || !*name) {
    if (artifact->functions.size() == 1) {
      *function = artifact->functions[0].get();
      return RMSN_STATUS_OK;
    }
    name = "main";
  }
  for (auto *list : {&artifact->functions, &artifact->kernels})
    for (auto &candidate : *list)
      if (candidate->def.name == name) {
        *function = candidate.get();
        return RMSN_STATUS_OK;
      }
  std::string names;
  for (auto *list : {&artifact->functions, &artifact->kernels})
    for (auto &candidate : *list)
      names += (names.empty() ? "" : ", ") + candidate->def.name;
  return fail(RMSN_STATUS_NOT_FOUND,
              "artifact has no function '%s'; it has: %s", name,
              names.empty() ? "none" : names.c_str());
}

rmsn_status rmsn_artifact_function(rmsn_artifact *artifact, size_t index,
                                   rmsn_function **function) {
  if (!artifact || !function)
    return isNull("rmsn_artifact_function", artifact ? "function" : "artifact");
  *function = nullptr;
  const std::unique_ptr<rmsn_function> *found;
  RMSN_TRY(at(artifact->functions, index, "function", found));
  *function = found->get();
  return RMSN_STATUS_OK;
}

const char *rmsn_function_name(const rmsn_function *function) {
  return function ? function->def.name.c_str() : "";
}

size_t rmsn_function_num_args(const rmsn_function *function) {
  return function ? function->def.args.size() : 0;
}

size_t rmsn_function_num_results(const rmsn_function *function) {
  return function ? function->def.results.size() : 0;
}

rmsn_status rmsn_function_arg(const rmsn_function *function, size_t index,
                              rmsn_value_info *info) {
  if (!function)
    return isNull("rmsn_function_arg", "function");
  const ValueDef *value;
  RMSN_TRY(at(function->def.args, index, "argument", value));
  return describeValue(*value, info);
}

rmsn_status rmsn_function_result(const rmsn_function *function, size_t index,
                                 rmsn_value_info *info) {
  if (!function)
    return isNull("rmsn_function_result", "function");
  const ValueDef *value;
  RMSN_TRY(at(function->def.results, index, "result", value));
  return describeValue(*value, info);
}

const char *rmsn_function_gpu_unsupported(const rmsn_function *function) {
  if (!function || !function->def.gpu.present)
    return "gpu";
  const std::string &unsupported = function->def.gpu.unsupported;
  return unsupported.empty() ? nullptr : unsupported.c_str();
}
}
