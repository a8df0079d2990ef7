// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The arguments of one call, checked and in the form that compiled code takes.

#ifndef RMSNORM_RUNTIME_CALL_FRAME_H
#define RMSNORM_RUNTIME_CALL_FRAME_H

#include "artifact/artifact.h"
#include "call/extent.h"
#include "call/state.h"

#include <memory>

namespace rmsn {

/// A caller's tensor, or one that the runtime made for a result.
struct Bound {
  View view; // as the caller sees it (its strides are normalised)
  bool given;
  bool contiguous;
  bool packed; // compiled code gets a contiguous copy instead
};

/// Memory for one call's descriptors; on the stack for all usual signatures.
class Frame {
public:
  explicit Frame(rmsn_function &function);

  /// Checks arguments and results against the signature and fills in
  /// everything. Allocates no results and copies nothing.
  rmsn_status bind(const DLTensor *const *argTensors, size_t numArgs,
                   const DLTensor *const *resultTensors, size_t numResults,
                   bool allResultsGiven, const rmsn_call_options &options);

  /// The shapes of the results alone, from arguments whose data is not used.
  rmsn_status bindShapes(const DLTensor *const *argTensors, size_t numArgs);

  /// Writes the descriptors that compiled code sees: of the caller's memory, or
  /// of copies where it must be packed.
  rmsn_status prepare(CallState &state);

  /// Copies packed results (and written arguments) back.
  void unpack();

  void describe(const ValueDef &value, const View &view) {
    auto *memref = descriptor(value);
    memref->allocated = memref->aligned = const_cast<char *>(view.data);
    memref->offset = 0;
    for (int i = 0; i < view.rank; ++i) {
      memref->dims[i] = view.shape[i];
      memref->dims[view.rank + i] = view.strides[i];
    }
  }

  rmsn_memref *descriptor(const ValueDef &value) const {
    return reinterpret_cast<rmsn_memref *>(descriptors +
                                           value.descriptorOffset);
  }

  rmsn_function &function;
  const FunctionDef &def;
  DLDevice device = {kDLCPU, 0};
  bool anyPacked = false;
  bool allResultsBound = true;

  void **args = nullptr;    // user's arguments, then constants
  void **results = nullptr; // descriptors
  Bound *boundArgs = nullptr;
  Bound *boundResults = nullptr;
  int64_t *argDims = nullptr, *argStrides = nullptr;
  int64_t *resultDims = nullptr, *resultStrides = nullptr;

private:
  rmsn_status bindTensor(const DLTensor *tensor, const ValueDef &value,
                         const char *role, size_t index, Bound &bound,
                         int64_t *dims, int64_t *strides, const int64_t *want);
  rmsn_status bindScalar(const DLTensor *tensor, const ValueDef &value,
                         size_t index);
  rmsn_status bindArgs(const DLTensor *const *tensors, size_t count);
  rmsn_status inferResults();
  rmsn_status checkOverlap();
  rmsn_status checkDevice(const DLTensor &tensor, const ValueDef &value,
                          const char *role, size_t index);
  rmsn_status packOne(CallState &state, const ValueDef &value, Bound &bound,
                      bool copyIn);

  static constexpr size_t kInlineBytes = 3072;

  char *descriptors = nullptr;
  int64_t *symbols = nullptr;
  bool shapesOnly = false;
  bool deviceKnown = false;
  std::unique_ptr<char[]> heap;
  alignas(64) char inlineBytes[kInlineBytes];
};

/// Fills in row-major strides.
void contiguousStrides(const int64_t *shape, int rank, int64_t *strides);

/// What to call the i-th argument or result in messages: "argument 1 ('x')".
class ValueName {
public:
  ValueName(const FunctionDef &function, const ValueDef &value,
            const char *role, size_t index);
  const char *c_str() const { return text; }

private:
  char text[160];
};

} // namespace rmsn

#endif // RMSNORM_RUNTIME_CALL_FRAME_H
