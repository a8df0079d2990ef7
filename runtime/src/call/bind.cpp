// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The arguments and results of a call, checked against the function's types.

#include "call/frame.h"

#include "core/dtype.h"

using namespace rmsn;

rmsn_status Frame::checkDevice(const DLTensor &tensor, const ValueDef &value,
                               const char *role, size_t index) {
  DLDevice given = tensor.device;
  // Page-locked host memory is host memory.
  if (given.device_type == kDLCUDAHost)
    given = {kDLCPU, 0};
  if (given.device_type != kDLCPU && given.device_type != kDLCUDA)
    return fail(RMSN_STATUS_WRONG_DEVICE,
                "%s is on a device of DLPack type %d, expected CPU (1) or "
                "CUDA (2)",
                ValueName(def, value, role, index).c_str(),
                int(given.device_type));
  if (given.device_type == kDLCPU)
    given.device_id = 0;
  if (!deviceKnown) {
    device = given;
    deviceKnown = true;
    return RMSN_STATUS_OK;
  }
  if (given.device_type == device.device_type &&
      given.device_id == device.device_id)
    return RMSN_STATUS_OK;
  auto name = [](DLDevice d) {
    return d.device_type == kDLCPU ? "cpu" : "cuda";
  };
  return fail(RMSN_STATUS_WRONG_DEVICE,
              "%s is on %s:%d, expected %s:%d where the first tensor is",
              ValueName(def, value, role, index).c_str(), name(given),
              given.device_id, name(device), device.device_id);
}

rmsn_status Frame::bindTensor(const DLTensor *tensor, const ValueDef &value,
                              const char *role, size_t index, Bound &bound,
                              int64_t *dims, int64_t *strides,
                              const int64_t *want) {
  auto name = [&] { return ValueName(def, value, role, index); };
  if (__builtin_expect(!tensor, 0))
    return fail(RMSN_STATUS_NULL_POINTER, "%s is null", name().c_str());
  if (__builtin_expect(packedType(tensor->dtype) != value.packedDtype, 0))
    return fail(RMSN_STATUS_WRONG_DTYPE, "%s has dtype %s, expected %s",
                name().c_str(), DlpackTypeName(tensor->dtype).c_str(),
                dtypeName(value.dtype));
  int rank = value.rank();
  if (__builtin_expect(tensor->ndim != rank, 0))
    return fail(RMSN_STATUS_WRONG_RANK, "%s has rank %d, expected %d",
                name().c_str(), tensor->ndim, rank);
  if (rank > 0 && !tensor->shape)
    return fail(RMSN_STATUS_NULL_POINTER, "%s has a null shape",
                name().c_str());
  if (!shapesOnly)
    RMSN_TRY(checkDevice(*tensor, value, role, index));

  int64_t run = 1; // stride of a contiguous tensor
  bool contiguous = true, empty = false, tooLarge = false;
  for (int i = rank; i-- > 0;) {
    int64_t extent = tensor->shape[i];
    int64_t expected = want ? want[i] : value.shape[i];
    int32_t symbol = value.symbolIndex[size_t(i)];
    if (__builtin_expect(extent < 0 || (expected >= 0 && extent != expected),
                         0))
      return fail(RMSN_STATUS_WRONG_EXTENT,
                  expected >= 0 ? "%s has extent %lld in dim %d, expected %lld"
                                : "%s has extent %lld in dim %d, expected no "
                                  "negative number",
                  name().c_str(), (long long)extent, i, (long long)expected);
    if (symbol >= 0) {
      if (symbols[symbol] < 0)
        symbols[symbol] = extent;
      else if (__builtin_expect(symbols[symbol] != extent, 0))
        return fail(RMSN_STATUS_WRONG_EXTENT,
                    "%s has extent %lld in dim %d, expected %lld as in the "
                    "tensors before it",
                    name().c_str(), (long long)extent, i,
                    (long long)symbols[symbol]);
    }
    dims[i] = extent;
    empty |= extent == 0;
    // Strides of dims with one element mean nothing.
    int64_t stride = tensor->strides && extent > 1 ? tensor->strides[i] : run;
    strides[i] = stride;
    contiguous &= stride == run;
    if (extent > 1)
      tooLarge |= __builtin_mul_overflow(run, extent, &run);
  }
  if (shapesOnly)
    return RMSN_STATUS_OK;
  bound.given = true;
  View &view = bound.view;
  view.data = static_cast<const char *>(tensor->data) + tensor->byte_offset;
  view.shape = dims;
  view.strides = strides;
  view.rank = rank;
  view.elementSize = value.elementSize;
  contiguous |= empty;
  bound.contiguous = contiguous;
  if (__builtin_expect(contiguous, 1)) {
    view.low = 0;
    view.high = 0;
    if (!empty)
      tooLarge |=
          __builtin_mul_overflow(run, int64_t(value.elementSize), &view.high);
    else
      contiguousStrides(dims, rank, strides), tooLarge = false;
  } else {
    tooLarge |= !computeExtent(view);
  }
  if (tooLarge)
    return fail(RMSN_STATUS_WRONG_EXTENT,
                "%s is larger than memory can be: the product of its extents "
                "or strides overflows",
                name().c_str());
  if (empty) {
    bound.packed = false;
    return RMSN_STATUS_OK;
  }
  if (__builtin_expect(!tensor->data, 0))
    return fail(RMSN_STATUS_NULL_POINTER, "%s has a null data pointer",
                name().c_str());
  auto address = reinterpret_cast<uintptr_t>(view.data);
  if (address & (value.elementSize - 1))
    return fail(RMSN_STATUS_MISALIGNED,
                "%s is at %p, expected a multiple of %u bytes for %s",
                name().c_str(), static_cast<const void *>(view.data),
                value.elementSize, dtypeName(value.dtype));
  bool accepted =
      contiguous || value.layout == RMSN_LAYOUT_ANY ||
      (value.layout == RMSN_LAYOUT_INNER_CONTIGUOUS &&
       (rank == 0 || strides[rank - 1] == 1 || dims[rank - 1] <= 1));
  bound.packed = !accepted || (address & (value.alignment - 1));
  anyPacked |= bound.packed;
  return RMSN_STATUS_OK;
}

rmsn_status Frame::bindScalar(const DLTensor *tensor, const ValueDef &value,
                              size_t index) {
  auto name = [&] { return ValueName(def, value, "argument", index); };
  if (!tensor)
    return fail(RMSN_STATUS_NULL_POINTER, "%s is null", name().c_str());
  if (packedType(tensor->dtype) != value.packedDtype)
    return fail(RMSN_STATUS_WRONG_DTYPE, "%s has dtype %s, expected %s",
                name().c_str(), DlpackTypeName(tensor->dtype).c_str(),
                dtypeName(value.dtype));
  if (tensor->ndim != 0)
    return fail(RMSN_STATUS_WRONG_RANK,
                "%s has rank %d, expected a scalar (rank 0)", name().c_str(),
                tensor->ndim);
  if (shapesOnly)
    return RMSN_STATUS_OK;
  if (tensor->device.device_type != kDLCPU &&
      tensor->device.device_type != kDLCUDAHost)
    return fail(RMSN_STATUS_WRONG_DEVICE,
                "%s is on a device of DLPack type %d, expected the CPU: "
                "scalars always are",
                name().c_str(), int(tensor->device.device_type));
  if (!tensor->data)
    return fail(RMSN_STATUS_NULL_POINTER, "%s has a null data pointer",
                name().c_str());
  char *data = static_cast<char *>(tensor->data) + tensor->byte_offset;
  if (reinterpret_cast<uintptr_t>(data) & (value.elementSize - 1))
    return fail(RMSN_STATUS_MISALIGNED,
                "%s is at %p, expected a multiple of %u bytes for %s",
                name().c_str(), static_cast<void *>(data), value.elementSize,
                dtypeName(value.dtype));
  args[index] = data;
  Bound &bound = boundArgs[index];
  bound.given = bound.contiguous = true;
  bound.packed = false;
  bound.view = {data,
                nullptr,
                nullptr,
                0,
                value.elementSize,
                0,
                int64_t(value.elementSize)};
  return RMSN_STATUS_OK;
}

rmsn_status Frame::bindArgs(const DLTensor *const *tensors, size_t count) {
  if (count != def.args.size())
    return fail(RMSN_STATUS_WRONG_COUNT,
                "%s: %zu arguments given, expected %zu", def.name.c_str(),
                count, def.args.size());
  if (count && !tensors)
    return fail(RMSN_STATUS_NULL_POINTER, "%s: the list of arguments is null",
                def.name.c_str());
  for (size_t i = 0; i < count; ++i) {
    const ValueDef &value = def.args[i];
    if (value.isScalar)
      RMSN_TRY(bindScalar(tensors[i], value, i));
    else
      RMSN_TRY(bindTensor(tensors[i], value, "argument", i, boundArgs[i],
                          argDims + value.dimOffset,
                          argStrides + value.dimOffset, nullptr));
  }
  return RMSN_STATUS_OK;
}
