// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "call/call.h"
#include "core/structs.h"
#include "cuda/launch.h"

#include <new>

using namespace rmsn;

struct rmsn_plan {
  explicit rmsn_plan(rmsn_function &function)
      : frame(function), state(function.artifact.context) {}

  Frame frame;
  CallState state;
  rmsn_entry entry = nullptr;
  void *stream = nullptr;
  // No copies and nothing allocated by the callee: just a call.
  bool bare = false;
};

static rmsn_status setData(rmsn_plan &plan, const ValueDef &value, Bound &bound,
                           const char *role, size_t index, void *data) {
  auto name = ValueName(plan.frame.def, value, role, index);
  auto address = reinterpret_cast<uintptr_t>(data);
  if (bound.packed)
    return fail(RMSN_STATUS_WRONG_STRIDE,
                "%s has to be packed, so its memory cannot be exchanged",
                name.c_str());
  if (!data && bound.view.low != bound.view.high)
    return fail(RMSN_STATUS_NULL_POINTER, "%s is set to null", name.c_str());
  uint32_t alignment = value.isScalar ? value.elementSize : value.alignment;
  if (alignment < value.elementSize)
    alignment = value.elementSize;
  if (address & (alignment - 1))
    return fail(RMSN_STATUS_MISALIGNED,
                "%s is at %p, expected a multiple of %u bytes", name.c_str(),
                data, alignment);
  bound.view.data = static_cast<const char *>(data);
  return RMSN_STATUS_OK;
}

extern "C" {

rmsn_status rmsn_plan_create(rmsn_function *function,
                             const DLTensor *const *args, size_t num_args,
                             const DLTensor *const *results, size_t num_results,
                             const rmsn_call_options *given, rmsn_plan **out) {
  if (!function || !out)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_plan_create: %s is null",
                function ? "plan" : "function");
  *out = nullptr;
  rmsn_call_options options;
  RMSN_TRY(readStruct(given, options, "rmsn_call_options"));
  std::unique_ptr<rmsn_plan> plan(new (std::nothrow) rmsn_plan(*function));
  if (!plan)
    return fail(RMSN_STATUS_OUT_OF_MEMORY, "no memory for a plan");
  Frame &frame = plan->frame;
  RMSN_TRY(frame.bind(args, num_args, results, num_results, true, options));
  plan->stream = options.stream;
  if (frame.device.device_type == kDLCPU) {
    RMSN_TRY(function->ensureCode());
    plan->entry = function->entry.load(std::memory_order_relaxed);
    plan->bare = !frame.anyPacked && !frame.def.anyCalleeAllocated;
    if (plan->bare)
      RMSN_TRY(frame.prepare(plan->state));
  } else {
    RMSN_TRY(prepareGpu(frame));
  }
  *out = plan.release();
  return RMSN_STATUS_OK;
}

rmsn_status rmsn_plan_run(rmsn_plan *plan) {
  if (__builtin_expect(!plan, 0))
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_plan_run: plan is null");
  if (__builtin_expect(plan->bare, 1)) {
    plan->state.reset();
    return plan->state.finish(
        plan->entry(plan->state.host(), plan->frame.args, plan->frame.results));
  }
  if (plan->frame.device.device_type != kDLCPU)
    return callOnGpu(plan->frame, nullptr, plan->stream);
  plan->state.reset();
  rmsn_status status = execute(plan->frame, plan->state);
  plan->state.reset();
  return status;
}

rmsn_status rmsn_plan_set_arg(rmsn_plan *plan, size_t index, void *data) {
  if (!plan)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_plan_set_arg: plan is null");
  Frame &frame = plan->frame;
  if (index >= frame.def.args.size())
    return fail(RMSN_STATUS_WRONG_COUNT,
                "rmsn_plan_set_arg: index is %zu, expected less than %zu",
                index, frame.def.args.size());
  const ValueDef &value = frame.def.args[index];
  RMSN_TRY(
      setData(*plan, value, frame.boundArgs[index], "argument", index, data));
  if (value.isScalar)
    frame.args[index] = data;
  else if (plan->bare)
    frame.describe(value, frame.boundArgs[index].view);
  return RMSN_STATUS_OK;
}

rmsn_status rmsn_plan_set_result(rmsn_plan *plan, size_t index, void *data) {
  if (!plan)
    return fail(RMSN_STATUS_NULL_POINTER, "rmsn_plan_set_result: plan is null");
  Frame &frame = plan->frame;
  if (index >= frame.def.results.size())
    return fail(RMSN_STATUS_WRONG_COUNT,
                "rmsn_plan_set_result: index is %zu, expected less than %zu",
                index, frame.def.results.size());
  const ValueDef &value = frame.def.results[index];
  RMSN_TRY(
      setData(*plan, value, frame.boundResults[index], "result", index, data));
  if (plan->bare)
    frame.describe(value, frame.boundResults[index].view);
  return RMSN_STATUS_OK;
}

void rmsn_plan_destroy(rmsn_plan *plan) { delete plan; }
}
