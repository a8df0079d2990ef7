// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "call/frame.h"

#include "call/strided_copy.h"
#include "core/dtype.h"

#include <cstdio>

using namespace rmsn;

void rmsn::contiguousStrides(const int64_t *shape, int rank, int64_t *strides) {
  int64_t run = 1;
  for (int i = rank; i-- > 0;) {
    strides[i] = run;
    run *= shape[i] > 1 ? shape[i] : 1;
  }
}

ValueName::ValueName(const FunctionDef &function, const ValueDef &value,
                     const char *role, size_t index) {
  snprintf(text, sizeof(text), "%.60s: %s %zu%s%.60s%s", function.name.c_str(),
           role, index, value.name.empty() ? "" : " ('", value.name.c_str(),
           value.name.empty() ? "" : "')");
}

Frame::Frame(rmsn_function &function) : function(function), def(function.def) {
  size_t numArgs = def.args.size(), numResults = def.results.size();
  size_t offset = 0;
  auto take = [&offset](size_t bytes) {
    size_t at = offset;
    offset += (bytes + 15) & ~size_t(15);
    return at;
  };
  size_t descriptorsAt = take(def.descriptorBytes);
  size_t argsAt = take((numArgs + def.constants.size()) * sizeof(void *));
  size_t resultsAt = take(numResults * sizeof(void *));
  size_t boundAt = take((numArgs + numResults) * sizeof(Bound));
  size_t dimsAt = take(2 * (def.numArgDims + def.numResultDims) * 8);
  size_t symbolsAt = take(def.numSymbols * 8);
  char *memory = inlineBytes;
  if (offset > kInlineBytes) {
    heap.reset(new char[offset]);
    memory = heap.get();
  }
  descriptors = memory + descriptorsAt;
  args = reinterpret_cast<void **>(memory + argsAt);
  results = reinterpret_cast<void **>(memory + resultsAt);
  boundArgs = reinterpret_cast<Bound *>(memory + boundAt);
  boundResults = boundArgs + numArgs;
  argDims = reinterpret_cast<int64_t *>(memory + dimsAt);
  argStrides = argDims + def.numArgDims;
  resultDims = argStrides + def.numArgDims;
  resultStrides = resultDims + def.numResultDims;
  symbols = reinterpret_cast<int64_t *>(memory + symbolsAt);
  for (uint32_t i = 0; i < def.numSymbols; ++i)
    symbols[i] = -1;
  const auto &constants = function.artifact.model.constants;
  for (size_t i = 0; i < def.constants.size(); ++i)
    args[numArgs + i] =
        const_cast<int64_t *>(constants[def.constants[i]].descriptor.data());
}

// Extents of the results: by compiled code where it has a function for that,
// else by what the manifest says; -1 stays where neither tells.
rmsn_status Frame::inferResults() {
  rmsn_shape_entry entry = nullptr;
  if (!def.shapeSymbol.empty()) {
    // For a call on the GPU the CPU's code is a help, not a need.
    if (device.device_type == kDLCPU)
      RMSN_TRY(function.ensureCode());
    else if (function.artifact.cpuVariant() >= 0)
      (void)function.ensureCode();
    entry = function.shapeEntry.load(std::memory_order_acquire);
  }
  if (entry)
    entry(argDims, resultDims);
  for (size_t r = 0; r < def.results.size(); ++r) {
    const ValueDef &value = def.results[r];
    int64_t *dims = resultDims + value.dimOffset;
    for (int i = 0; i < value.rank(); ++i) {
      int64_t known = value.shape[size_t(i)];
      int32_t symbol = value.symbolIndex[size_t(i)];
      if (known < 0 && symbol >= 0)
        known = symbols[symbol];
      if (!entry || (value.calleeAllocated && dims[i] < 0)) {
        dims[i] = known;
      } else if (dims[i] < 0 || (known >= 0 && dims[i] != known)) {
        return fail(RMSN_STATUS_INTERNAL,
                    "%s: compiled code says %lld for dim %d, the manifest %lld",
                    ValueName(def, value, "result", r).c_str(),
                    (long long)dims[i], i, (long long)known);
      }
    }
  }
  return RMSN_STATUS_OK;
}

rmsn_status Frame::bindShapes(const DLTensor *const *argTensors,
                              size_t numArgs) {
  shapesOnly = true;
  RMSN_TRY(bindArgs(argTensors, numArgs));
  // Without code for this machine the manifest alone may still tell.
  if (function.artifact.cpuVariant() < 0)
    device.device_type = kDLCUDA;
  return inferResults();
}

rmsn_status Frame::bind(const DLTensor *const *argTensors, size_t numArgs,
                        const DLTensor *const *resultTensors, size_t numResults,
                        bool allResultsGiven,
                        const rmsn_call_options &options) {
  RMSN_TRY(bindArgs(argTensors, numArgs));
  if (def.anyMutableArg && options.arg_read_only)
    for (size_t i = 0; i < numArgs; ++i)
      if (def.args[i].isMutable && options.arg_read_only[i])
        return fail(RMSN_STATUS_READ_ONLY,
                    "%s is read-only, expected writable memory: the function "
                    "writes it",
                    ValueName(def, def.args[i], "argument", i).c_str());
  if (numResults != def.results.size())
    return fail(RMSN_STATUS_WRONG_COUNT, "%s: %zu results given, expected %zu",
                def.name.c_str(), numResults, def.results.size());
  RMSN_TRY(inferResults());
  for (size_t i = 0; i < numResults; ++i) {
    const ValueDef &value = def.results[i];
    Bound &bound = boundResults[i];
    const DLTensor *tensor = resultTensors ? resultTensors[i] : nullptr;
    if (!tensor && !allResultsGiven) {
      bound.given = false;
      bound.packed = false;
      allResultsBound = false;
      continue;
    }
    if (options.result_read_only && options.result_read_only[i])
      return fail(RMSN_STATUS_READ_ONLY,
                  "%s is read-only, expected writable memory",
                  ValueName(def, value, "result", i).c_str());
    int64_t want[kMaxRank];
    for (int k = 0; k < value.rank(); ++k)
      want[k] = resultDims[value.dimOffset + unsigned(k)];
    RMSN_TRY(bindTensor(tensor, value, "result", i, bound,
                        resultDims + value.dimOffset,
                        resultStrides + value.dimOffset, want));
    if (!bound.contiguous && overlapsItself(bound.view))
      return fail(RMSN_STATUS_WRONG_STRIDE,
                  "%s has strides by which several of its elements share "
                  "memory, expected one place for each",
                  ValueName(def, value, "result", i).c_str());
  }
  return checkOverlap();
}

rmsn_status Frame::checkOverlap() {
  size_t numArgs = def.args.size(), numResults = def.results.size();
  for (size_t r = 0; r < numResults; ++r) {
    const Bound &result = boundResults[r];
    if (!result.given)
      continue;
    for (size_t a = 0; a < numArgs; ++a) {
      Overlap found = overlap(result.view, boundArgs[a].view);
      if (__builtin_expect(found == Overlap::None, 1))
        continue;
      bool allowed = false;
      for (int32_t arg : def.results[r].mayAlias)
        allowed |= size_t(arg) == a;
      if (found == Overlap::Exact && allowed)
        continue;
      return fail(RMSN_STATUS_ALIAS, "%s overlaps %s: %s",
                  ValueName(def, def.results[r], "result", r).c_str(),
                  ValueName(def, def.args[a], "argument", a).c_str(),
                  found == Overlap::Partial
                      ? "expected separate memory"
                      : "this function does not work in place there");
    }
    for (size_t other = 0; other < r; ++other)
      if (boundResults[other].given &&
          overlap(result.view, boundResults[other].view) != Overlap::None)
        return fail(RMSN_STATUS_ALIAS,
                    "%s overlaps result %zu, expected separate memory",
                    ValueName(def, def.results[r], "result", r).c_str(), other);
  }
  if (!def.anyMutableArg)
    return RMSN_STATUS_OK;
  for (size_t m = 0; m < numArgs; ++m) {
    if (!def.args[m].isMutable)
      continue;
    if (!boundArgs[m].contiguous && overlapsItself(boundArgs[m].view))
      return fail(RMSN_STATUS_WRONG_STRIDE,
                  "%s has strides by which several of its elements share "
                  "memory, expected one place for each: the function writes it",
                  ValueName(def, def.args[m], "argument", m).c_str());
    for (size_t a = 0; a < numArgs; ++a)
      if (a != m &&
          overlap(boundArgs[m].view, boundArgs[a].view) != Overlap::None)
        return fail(RMSN_STATUS_ALIAS,
                    "%s, which the function writes, overlaps argument %zu, "
                    "expected separate memory",
                    ValueName(def, def.args[m], "argument", m).c_str(), a);
  }
  return RMSN_STATUS_OK;
}

rmsn_status Frame::packOne(CallState &state, const ValueDef &value,
                           Bound &bound, bool copyIn) {
  int64_t strides[kMaxRank], count = 1;
  contiguousStrides(bound.view.shape, bound.view.rank, strides);
  for (int i = 0; i < bound.view.rank; ++i)
    count *= bound.view.shape[i];
  uint32_t alignment = value.alignment < 64 ? 64 : value.alignment;
  void *copy = state.allocate(uint64_t(count) * value.elementSize, alignment);
  if (!copy)
    return state.finish(0);
  if (copyIn)
    stridedCopy(copy, strides, bound.view.data, bound.view.strides,
                bound.view.shape, bound.view.rank, value.elementSize);
  View packed = bound.view;
  packed.data = static_cast<const char *>(copy);
  packed.strides = strides;
  describe(value, packed);
  return RMSN_STATUS_OK;
}

rmsn_status Frame::prepare(CallState &state) {
  for (size_t i = 0; i < def.args.size(); ++i) {
    const ValueDef &value = def.args[i];
    if (value.isScalar)
      continue;
    args[i] = descriptor(value);
    if (__builtin_expect(boundArgs[i].packed, 0))
      RMSN_TRY(packOne(state, value, boundArgs[i], true));
    else
      describe(value, boundArgs[i].view);
  }
  for (size_t i = 0; i < def.results.size(); ++i) {
    const ValueDef &value = def.results[i];
    results[i] = descriptor(value);
    if (value.calleeAllocated) {
      results[i] = descriptor(value);
      *descriptor(value) = {};
      continue;
    }
    if (__builtin_expect(boundResults[i].packed, 0))
      RMSN_TRY(packOne(state, value, boundResults[i], false));
    else
      describe(value, boundResults[i].view);
  }
  return RMSN_STATUS_OK;
}

void Frame::unpack() {
  auto copyOut = [&](const ValueDef &value, const Bound &bound) {
    const rmsn_memref *from = descriptor(value);
    const View &to = bound.view;
    stridedCopy(const_cast<char *>(to.data), to.strides, from->aligned,
                from->dims + to.rank, to.shape, to.rank, value.elementSize);
  };
  for (size_t i = 0; i < def.args.size(); ++i)
    if (boundArgs[i].packed && def.args[i].isMutable)
      copyOut(def.args[i], boundArgs[i]);
  for (size_t i = 0; i < def.results.size(); ++i)
    if (boundResults[i].packed && !def.results[i].calleeAllocated)
      copyOut(def.results[i], boundResults[i]);
}
