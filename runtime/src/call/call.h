// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Runs a bound call and hands out results.

#ifndef RMSNORM_RUNTIME_CALL_CALL_H
#define RMSNORM_RUNTIME_CALL_CALL_H

#include "call/frame.h"

namespace rmsn {

/// Gives results that the caller did not bring memory of the call's state, and
/// the frame views of them.
rmsn_status allocateResults(Frame &frame, CallState &state);

/// Runs compiled code on a bound frame, copies included.
rmsn_status execute(Frame &frame, CallState &state);

/// Turns results that the caller did not bring into owned tensors. On failure
/// nothing is owned.
rmsn_status giveResults(Frame &frame, CallState &state,
                        DLManagedTensor **owned);

/// An owned tensor on any device; `release` frees what `context` stands for.
struct OwnedMemory {
  std::shared_ptr<void> keepAlive;
  void (*release)(OwnedMemory &memory) = nullptr;
  void *pointer = nullptr;
};
DLManagedTensor *makeOwned(const View &view, rmsn_dtype dtype, DLDevice device,
                           OwnedMemory memory);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_CALL_CALL_H
