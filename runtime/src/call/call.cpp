// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "call/call.h"

#include "call/strided_copy.h"
#include "core/dtype.h"
#include "core/structs.h"
#include "cuda/launch.h"

#include <new>

using namespace rmsn;

namespace {

struct OwnedTensor {
  DLManagedTensor tensor;
  OwnedMemory memory;
  int64_t dims[2 * kMaxRank];

  static void destroy(DLManagedTensor *self) {
    if (!self)
      return;
    auto *owned = static_cast<OwnedTensor *>(self->manager_ctx);
    owned->memory.release(owned->memory);
    delete owned;
  }
};

void releaseBlock(OwnedMemory &memory) {
  CallState::freeBlock(*static_cast<Allocator *>(memory.keepAlive.get()),
                       static_cast<BlockHeader *>(memory.pointer));
}

rmsn_status noMemoryForResult(const Frame &frame, size_t index) {
  return fail(
      RMSN_STATUS_OUT_OF_MEMORY, "%s: no memory for it",
      ValueName(frame.def, frame.def.results[index], "result", index).c_str());
}

// What compiled code allocated must be its own block, whole, to be given away.
// Anything else (an argument handed through, a view into a block, one block
// for two results) is copied into a new one.
rmsn_status takeCalleeResult(Frame &frame, CallState &state, size_t index,
                             View &view, BlockHeader *&block) {
  const ValueDef &value = frame.def.results[index];
  const rmsn_memref *memref = frame.descriptor(value);
  int rank = value.rank();
  View from = {static_cast<const char *>(memref->aligned) +
                   memref->offset * int64_t(value.elementSize),
               memref->dims,
               memref->dims + rank,
               rank,
               value.elementSize,
               0,
               0};
  uint64_t bytes = value.elementSize;
  bool contiguous = true;
  int64_t run = 1;
  for (int i = rank; i-- > 0;) {
    if (from.shape[i] < 0 ||
        __builtin_mul_overflow(bytes, uint64_t(from.shape[i]), &bytes))
      return fail(RMSN_STATUS_INTERNAL,
                  "%s: compiled code gave an impossible extent %lld",
                  ValueName(frame.def, value, "result", index).c_str(),
                  (long long)from.shape[i]);
    contiguous &= from.shape[i] <= 1 || from.strides[i] == run;
    run *= from.shape[i] > 1 ? from.shape[i] : 1;
  }
  view = from;
  int64_t *dims = frame.resultDims + value.dimOffset;
  int64_t *strides = frame.resultStrides + value.dimOffset;
  for (int i = 0; i < rank; ++i)
    dims[i] = from.shape[i];
  contiguousStrides(dims, rank, strides);
  view.shape = dims;
  view.strides = strides;
  block = contiguous && memref->allocated == from.data
              ? state.detach(memref->allocated)
              : nullptr;
  if (block)
    return RMSN_STATUS_OK;
  void *copy = state.allocate(bytes, 64);
  if (!copy)
    return state.finish(0);
  stridedCopy(copy, strides, from.data, from.strides, dims, rank,
              value.elementSize);
  view.data = static_cast<const char *>(copy);
  block = state.detach(copy);
  return RMSN_STATUS_OK;
}

} // namespace

DLManagedTensor *rmsn::makeOwned(const View &view, rmsn_dtype dtype,
                                 DLDevice device, OwnedMemory memory) {
  auto *owned = new (std::nothrow) OwnedTensor;
  if (!owned)
    return nullptr;
  owned->memory = std::move(memory);
  for (int i = 0; i < view.rank; ++i) {
    owned->dims[i] = view.shape[i];
    owned->dims[view.rank + i] = view.strides[i];
  }
  DLTensor &t = owned->tensor.dl_tensor;
  t.data = const_cast<char *>(view.data);
  t.device = device;
  t.ndim = view.rank;
  t.dtype = toDlpack(dtype);
  t.shape = owned->dims;
  t.strides = owned->dims + view.rank;
  t.byte_offset = 0;
  owned->tensor.manager_ctx = owned;
  owned->tensor.deleter = OwnedTensor::destroy;
  return &owned->tensor;
}

rmsn_status rmsn::allocateResults(Frame &frame, CallState &state) {
  for (size_t i = 0; i < frame.def.results.size(); ++i) {
    const ValueDef &value = frame.def.results[i];
    Bound &bound = frame.boundResults[i];
    if (bound.given || value.calleeAllocated)
      continue;
    int64_t *dims = frame.resultDims + value.dimOffset;
    int64_t *strides = frame.resultStrides + value.dimOffset;
    uint64_t bytes = value.elementSize;
    for (int k = 0; k < value.rank(); ++k) {
      if (dims[k] < 0)
        return fail(RMSN_STATUS_NULL_POINTER,
                    "%s is null, but extent %d is not known beforehand: "
                    "expected memory for it",
                    ValueName(frame.def, value, "result", i).c_str(), k);
      if (__builtin_mul_overflow(bytes, uint64_t(dims[k]), &bytes))
        return noMemoryForResult(frame, i);
    }
    void *memory =
        state.allocate(bytes, value.alignment < 64 ? 64 : value.alignment);
    if (!memory)
      return state.finish(0);
    contiguousStrides(dims, value.rank(), strides);
    bound.contiguous = true;
    bound.packed = false;
    bound.view = {static_cast<const char *>(memory),
                  dims,
                  strides,
                  value.rank(),
                  value.elementSize,
                  0,
                  int64_t(bytes)};
  }
  return RMSN_STATUS_OK;
}

rmsn_status rmsn::execute(Frame &frame, CallState &state) {
  RMSN_TRY(frame.prepare(state));
  rmsn_entry entry = frame.function.entry.load(std::memory_order_relaxed);
  RMSN_TRY(state.finish(entry(state.host(), frame.args, frame.results)));
  if (__builtin_expect(frame.anyPacked, 0))
    frame.unpack();
  if (__builtin_expect(!frame.def.anyCalleeAllocated, 1))
    return RMSN_STATUS_OK;
  // Callee-allocated results for which the caller brought memory all the same.
  for (size_t i = 0; i < frame.def.results.size(); ++i) {
    const ValueDef &value = frame.def.results[i];
    const Bound &bound = frame.boundResults[i];
    if (!value.calleeAllocated || !bound.given)
      continue;
    const rmsn_memref *memref = frame.descriptor(value);
    for (int k = 0; k < value.rank(); ++k)
      if (memref->dims[k] != bound.view.shape[k])
        return fail(RMSN_STATUS_WRONG_EXTENT,
                    "%s has extent %lld in dim %d, expected %lld as computed",
                    ValueName(frame.def, value, "result", i).c_str(),
                    (long long)bound.view.shape[k], k,
                    (long long)memref->dims[k]);
    stridedCopy(const_cast<char *>(bound.view.data), bound.view.strides,
                static_cast<const char *>(memref->aligned) +
                    memref->offset * int64_t(value.elementSize),
                memref->dims + value.rank(), bound.view.shape, value.rank(),
                value.elementSize);
  }
  return RMSN_STATUS_OK;
}

rmsn_status rmsn::giveResults(Frame &frame, CallState &state,
                              DLManagedTensor **owned) {
  auto &allocator = state.context.allocator;
  rmsn_status status = RMSN_STATUS_OK;
  size_t i = 0;
  for (; i < frame.def.results.size() && !status; ++i) {
    const ValueDef &value = frame.def.results[i];
    Bound &bound = frame.boundResults[i];
    if (bound.given)
      continue;
    BlockHeader *block = nullptr;
    if (value.calleeAllocated)
      status = takeCalleeResult(frame, state, i, bound.view, block);
    else
      block = state.detach(const_cast<char *>(bound.view.data));
    if (status)
      break;
    owned[i] = makeOwned(bound.view, value.dtype, {kDLCPU, 0},
                         {allocator, releaseBlock, block});
    if (!owned[i]) {
      CallState::freeBlock(*allocator, block);
      status = noMemoryForResult(frame, i);
    }
  }
  if (status)
    for (size_t k = 0; k <= i && k < frame.def.results.size(); ++k)
      if (owned[k]) {
        owned[k]->deleter(owned[k]);
        owned[k] = nullptr;
      }
  return status;
}

static rmsn_status callOnCpu(Frame &frame, DLManagedTensor **owned) {
  RMSN_TRY(frame.function.ensureCode());
  CallState state(frame.function.artifact.context);
  if (__builtin_expect(frame.allResultsBound, 1))
    return execute(frame, state);
  RMSN_TRY(allocateResults(frame, state));
  RMSN_TRY(execute(frame, state));
  return giveResults(frame, state, owned);
}

extern "C" {

rmsn_status rmsn_call(rmsn_function *function, const DLTensor *const *args,
                      size_t num_args, const DLTensor *const *results,
                      size_t num_results, DLManagedTensor **owned,
                      const rmsn_call_options *given) {
  if (!function)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_call: function is null");
  rmsn_call_options options;
  RMSN_TRY(readStruct(given, options, "rmsn_call_options"));
  if (owned)
    for (size_t i = 0; i < num_results; ++i)
      owned[i] = nullptr;
  Frame frame(*function);
  RMSN_TRY(frame.bind(args, num_args, results, num_results, owned == nullptr,
                      options));
  if (__builtin_expect(frame.device.device_type == kDLCPU, 1))
    return callOnCpu(frame, owned);
  return callOnGpu(frame, owned, options.stream);
}

rmsn_status rmsn_function_infer_shapes(const rmsn_function *function,
                                       const DLTensor *const *args,
                                       size_t num_args, int64_t *result_dims,
                                       size_t capacity) {
  if (!function || (!result_dims && capacity))
    return fail(RMSN_STATUS_NULL_POINTER,
                "rmsn_function_infer_shapes: %s is null",
                function ? "result_dims" : "function");
  // Loading code changes only what is not to be seen from outside.
  Frame frame(*const_cast<rmsn_function *>(function));
  if (capacity < frame.def.numResultDims)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_function_infer_shapes: capacity is %zu, expected at "
                "least %u",
                capacity, frame.def.numResultDims);
  RMSN_TRY(frame.bindShapes(args, num_args));
  for (uint32_t i = 0; i < frame.def.numResultDims; ++i)
    result_dims[i] = frame.resultDims[i];
  return RMSN_STATUS_OK;
}

rmsn_status rmsn_tensor_to_versioned(DLManagedTensor *tensor,
                                     DLManagedTensorVersioned **out) {
  if (!tensor || !out)
    return fail(RMSN_STATUS_NULL_POINTER,
                "rmsn_tensor_to_versioned: %s is "
                "null",
                tensor ? "out" : "tensor");
  auto *versioned = new (std::nothrow) DLManagedTensorVersioned;
  if (!versioned)
    return fail(RMSN_STATUS_OUT_OF_MEMORY, "no memory for a tensor");
  versioned->version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
  versioned->manager_ctx = tensor;
  versioned->deleter = [](DLManagedTensorVersioned *self) {
    auto *inner = static_cast<DLManagedTensor *>(self->manager_ctx);
    inner->deleter(inner);
    delete self;
  };
  versioned->flags = 0;
  versioned->dl_tensor = tensor->dl_tensor;
  *out = versioned;
  return RMSN_STATUS_OK;
}
}
