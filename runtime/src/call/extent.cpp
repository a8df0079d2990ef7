// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "call/extent.h"

#include "artifact/model.h"

#include <algorithm>

using namespace rmsn;

bool rmsn::computeExtent(View &view) {
  int64_t low = 0, high = 0;
  for (int i = 0; i < view.rank; ++i) {
    if (view.shape[i] == 0) {
      view.low = view.high = 0;
      return true;
    }
    int64_t reach;
    if (__builtin_mul_overflow(view.shape[i] - 1, view.strides[i], &reach) ||
        __builtin_add_overflow(reach < 0 ? low : high, reach,
                               reach < 0 ? &low : &high))
      return false;
  }
  int64_t size = view.elementSize;
  return !__builtin_mul_overflow(low, size, &view.low) &&
         !__builtin_mul_overflow(high, size, &view.high) &&
         !__builtin_add_overflow(view.high, size, &view.high);
}

namespace {

struct Step {
  int64_t extent, stride; // in bytes, positive
};

// Dims with more than one element, strides made positive, largest first.
int sortedSteps(const View &view, Step *steps) {
  int n = 0;
  for (int i = 0; i < view.rank; ++i)
    if (view.shape[i] > 1) {
      int64_t stride = view.strides[i] * int64_t(view.elementSize);
      steps[n++] = {view.shape[i], stride < 0 ? -stride : stride};
    }
  std::sort(steps, steps + n,
            [](const Step &a, const Step &b) { return a.stride > b.stride; });
  return n;
}

// Bytes that the steps from `first` on cover.
int64_t spanFrom(const Step *steps, int n, int first, int64_t elementSize) {
  int64_t span = elementSize;
  for (int i = first; i < n; ++i)
    span += (steps[i].extent - 1) * steps[i].stride;
  return span;
}

// Two views that repeat with one common outer stride, each in its own window.
bool interleaved(const View &a, const View &b) {
  Step sa[kMaxRank], sb[kMaxRank];
  int na = sortedSteps(a, sa), nb = sortedSteps(b, sb);
  if (na == 0 || nb == 0)
    return false;
  for (int depthA = 0; depthA < na; ++depthA) {
    int64_t period = sa[depthA].stride;
    for (int depthB = 0; depthB < nb && sb[depthB].stride >= period; ++depthB) {
      if (period == 0 || sb[depthB].stride != period)
        continue;
      // All larger strides must be multiples of the period.
      auto regular = [period](const Step *steps, int until) {
        return std::all_of(steps, steps + until, [period](const Step &step) {
          return step.stride % period == 0;
        });
      };
      if (!regular(sa, depthA) || !regular(sb, depthB))
        continue;
      int64_t spanA = spanFrom(sa, na, depthA + 1, a.elementSize);
      int64_t spanB = spanFrom(sb, nb, depthB + 1, b.elementSize);
      int64_t delta = ((b.data + b.low) - (a.data + a.low)) % period;
      if (delta < 0)
        delta += period;
      if (delta >= spanA && delta + spanB <= period)
        return true;
    }
  }
  return false;
}

} // namespace

Overlap rmsn::overlap(const View &a, const View &b) {
  if (a.high == a.low || b.high == b.low || a.data + a.high <= b.data + b.low ||
      b.data + b.high <= a.data + a.low)
    return Overlap::None;
  bool same =
      a.data == b.data && a.rank == b.rank && a.elementSize == b.elementSize;
  for (int i = 0; i < a.rank && same; ++i)
    same = a.shape[i] == b.shape[i] &&
           (a.shape[i] == 1 || a.strides[i] == b.strides[i]);
  if (same)
    return Overlap::Exact;
  return interleaved(a, b) ? Overlap::None : Overlap::Partial;
}

bool rmsn::overlapsItself(const View &view) {
  if (view.low == view.high)
    return false;
  Step steps[kMaxRank];
  int n = sortedSteps(view, steps);
  for (int i = 0; i < n; ++i)
    if (steps[i].stride < spanFrom(steps, n, i + 1, view.elementSize))
      return true;
  return false;
}
