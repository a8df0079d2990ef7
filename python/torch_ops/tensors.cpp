// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "norm_call.h"

#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <stdexcept>
#include <string>

using namespace rmsnorm_torch;

void rmsnorm_torch::invalid(const char *argument, const std::string &given,
                            const std::string &expected) {
  throw std::runtime_error(std::string(argument) + ": given " + given +
                           ", expected " + expected);
}

static void require(AOTITorchError status) {
  if (status != AOTI_TORCH_SUCCESS)
    throw std::runtime_error("rmsnorm: a call into torch failed");
}

int32_t rmsnorm_torch::torchDtype(const Tensor &tensor) {
  int32_t dtype;
  require(aoti_torch_get_dtype(tensor.get(), &dtype));
  return dtype;
}

rmsn_dtype rmsnorm_torch::dtypeOf(const Tensor &tensor) {
  static const int32_t f16 = aoti_torch_dtype_float16(),
                       bf16 = aoti_torch_dtype_bfloat16(),
                       f32 = aoti_torch_dtype_float32(),
                       f64 = aoti_torch_dtype_float64();
  int32_t dtype = torchDtype(tensor);
  if (dtype == f32)
    return RMSN_DTYPE_F32;
  if (dtype == bf16)
    return RMSN_DTYPE_BF16;
  if (dtype == f16)
    return RMSN_DTYPE_F16;
  if (dtype == f64)
    return RMSN_DTYPE_F64;
  return RMSN_DTYPE_INVALID;
}

int32_t rmsnorm_torch::computeDtype(const Tensor &x) {
  return dtypeOf(x) == RMSN_DTYPE_F64 ? aoti_torch_dtype_float64()
                                      : aoti_torch_dtype_float32();
}

View rmsnorm_torch::viewOf(const Tensor &tensor) {
  View view;
  int64_t rank, *sizes, *strides;
  int32_t type, index;
  require(aoti_torch_get_dim(tensor.get(), &rank));
  require(aoti_torch_get_sizes(tensor.get(), &sizes));
  require(aoti_torch_get_strides(tensor.get(), &strides));
  require(aoti_torch_get_device_type(tensor.get(), &type));
  require(aoti_torch_get_device_index(tensor.get(), &index));
  if (rank > kMaxRank)
    invalid("x", "a tensor of rank " + std::to_string(rank),
            "at most " + std::to_string(kMaxRank));
  require(aoti_torch_get_data_ptr(tensor.get(), &view.tensor.data));
  bool cpu = type == aoti_torch_device_type_cpu();
  view.tensor.device = {cpu ? kDLCPU : kDLCUDA, cpu ? 0 : index};
  view.tensor.ndim = int32_t(rank);
  view.tensor.dtype = rmsn_dtype_to_dlpack(dtypeOf(tensor));
  std::copy(sizes, sizes + rank, view.dims);
  std::copy(strides, strides + rank, view.dims + kMaxRank);
  return view;
}

Tensor rmsnorm_torch::newTensor(const Tensor &like, int32_t dtype,
                                const int64_t *sizes, int64_t rank) {
  int64_t strides[kMaxRank], run = 1;
  for (int64_t i = rank; i-- > 0;) {
    strides[i] = run;
    run *= std::max<int64_t>(sizes[i], 1);
  }
  int32_t type, index;
  require(aoti_torch_get_device_type(like.get(), &type));
  require(aoti_torch_get_device_index(like.get(), &index));
  AtenTensorHandle handle;
  require(aoti_torch_empty_strided(rank, sizes, strides, dtype, type, index,
                                   &handle));
  return Tensor(handle);
}

Tensor rmsnorm_torch::newLike(const Tensor &like) {
  if (!like.is_contiguous())
    return torch::stable::empty_like(like);
  return newTensor(like, torchDtype(like), like.sizes().data(), like.dim());
}
