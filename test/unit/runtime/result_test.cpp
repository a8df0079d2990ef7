// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Results, failures, memory, and plans.

#include "call_fixture.h"

using namespace rmsn_test;

namespace {

using ResultTest = CallTest;

// ---- results that compiled code allocates

TEST_F(ResultTest, CalleeAllocatedResults) {
  rmsn_function *range = lookup(artifact, "range");
  Scalar<int64_t> count(9, RMSN_DTYPE_I64);
  const DLTensor *args[] = {&count.tensor};
  DLManagedTensor *owned[2] = {};
  ASSERT_OK(rmsn_call(range, args, 1, nullptr, 2, owned, nullptr));
  Owned all(owned[0]), half(owned[1]);
  // Both came from one block, but each owns its memory.
  ASSERT_EQ(all->dl_tensor.shape[0], 9);
  ASSERT_EQ(half->dl_tensor.shape[0], 5);
  all.reset();
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(static_cast<float *>(half->dl_tensor.data)[i], float(i + 4));
}

TEST_F(ResultTest, CalleeAllocatedIntoGivenMemory) {
  rmsn_function *range = lookup(artifact, "range");
  Scalar<int64_t> count(4, RMSN_DTYPE_I64);
  Tensor all({4}, RMSN_DTYPE_F32, {2}), half({2}), wrong({3});
  ASSERT_OK(call(range, {&count.tensor}, {&all.tensor, &half.tensor}));
  EXPECT_EQ(all.at(3), 3);
  EXPECT_EQ(half.at(1), 3);
  EXPECT_STATUS(call(range, {&count.tensor}, {&wrong.tensor, &half.tensor}),
                WRONG_EXTENT, "extent 3", "expected 4");
}

TEST_F(ResultTest, AnArgumentHandedThroughIsCopied) {
  Tensor v({4}, RMSN_DTYPE_F32, {2});
  v.fill(1, 1);
  const DLTensor *args[] = {&v.tensor};
  DLManagedTensor *owned[1] = {};
  ASSERT_OK(rmsn_call(lookup(artifact, "identity"), args, 1, nullptr, 1, owned,
                      nullptr));
  Owned result(owned[0]);
  EXPECT_NE(result->dl_tensor.data, v.tensor.data);
  EXPECT_EQ(static_cast<float *>(result->dl_tensor.data)[3], 4);
  EXPECT_EQ(result->dl_tensor.strides[0], 1);
}

TEST_F(ResultTest, ShapeFunctions) {
  rmsn_function *concat = lookup(artifact, "concat");
  Tensor a({3}), b({4}), out({7});
  a.fill(0, 1);
  b.fill(100, 1);
  const DLTensor *args[] = {&a.tensor, &b.tensor};
  int64_t dims[1];
  ASSERT_OK(rmsn_function_infer_shapes(concat, args, 2, dims, 1));
  EXPECT_EQ(dims[0], 7);
  ASSERT_OK(call(concat, {args[0], args[1]}, {&out.tensor}));
  EXPECT_EQ(out.at(6), 103);
  Tensor six({6});
  EXPECT_STATUS(call(concat, {args[0], args[1]}, {&six.tensor}), WRONG_EXTENT,
                "expected 7");
  EXPECT_STATUS(rmsn_function_infer_shapes(concat, args, 2, dims, 0),
                INVALID_ARGUMENT, "capacity");
  EXPECT_STATUS(rmsn_function_infer_shapes(lookup(artifact, "impossible"), args,
                                           1, dims, 1),
                INTERNAL, "-5");
  // Data pointers are not looked at.
  a.tensor.data = nullptr;
  ASSERT_OK(rmsn_function_infer_shapes(concat, args, 2, dims, 1));
  // Symbols alone.
  const DLTensor *normArgs[] = {&x.tensor, &g.tensor};
  int64_t normDims[2];
  ASSERT_OK(rmsn_function_infer_shapes(norm, normArgs, 2, normDims, 2));
  EXPECT_EQ(normDims[0], 3);
  EXPECT_EQ(normDims[1], 8);
}

// ---- failures while running

TEST_F(ResultTest, AssertionsBecomeStatuses) {
  Tensor v({1}), out({1});
  v.at(0) = 1;
  EXPECT_STATUS(call(lookup(artifact, "leaky"), {&v.tensor}, {&out.tensor}),
                ASSERTION, "token id 7 of 5");
  EXPECT_STATUS(call(lookup(artifact, "silent_failure"), {}, {}), INTERNAL,
                "77");
  EXPECT_STATUS(call(lookup(artifact, "too_much"), {}, {}), OUT_OF_MEMORY,
                "4611686018427387904 bytes");
  Tensor big({1000});
  EXPECT_STATUS(call(lookup(artifact, "bad_free"), {&big.tensor}, {}), INTERNAL,
                "freed memory that it had not allocated");
  EXPECT_STATUS(call(lookup(artifact, "nowhere"), {}, {}), CORRUPT_ARTIFACT,
                "no_such_symbol");
  EXPECT_STATUS(call(lookup(artifact, "only_gpu"), {}, {}), UNSUPPORTED,
                "no CPU code");
  for (float index : {0.f, 500.f, 999.f}) {
    v.at(0) = index;
    EXPECT_STATUS(call(lookup(artifact, "fail_in_loop"), {&v.tensor}, {}),
                  ASSERTION, "index");
  }
}

TEST_F(ResultTest, NothingIsLeaked) {
  CountingAllocator counting;
  {
    Context own = makeContext(2, &counting.api);
    Artifact opened = openBytes(own.get(), bytes);
    rmsn_function *leaky = lookup(opened, "leaky");
    rmsn_function *range = lookup(opened, "range");
    rmsn_function *loop = lookup(opened, "allocate_in_loop");
    Tensor v({1}), out({1});
    Scalar<int64_t> count(100, RMSN_DTYPE_I64);
    const DLTensor *args[] = {&count.tensor};
    Tensor apart({3, 8}, RMSN_DTYPE_F32, {16, 2});
    for (int i = 0; i < 10000; ++i) {
      v.at(0) = i % 2 ? 1.f : -1.f;
      rmsn_status status = call(leaky, {&v.tensor}, {&out.tensor});
      ASSERT_EQ(status, i % 2 ? RMSN_STATUS_ASSERTION : RMSN_STATUS_OK);
      ASSERT_EQ(counting.live, 0) << i;
      DLManagedTensor *owned[2] = {};
      ASSERT_OK(rmsn_call(range, args, 1, nullptr, 2, owned, nullptr));
      ASSERT_GT(counting.live, 0);
      owned[0]->deleter(owned[0]);
      owned[1]->deleter(owned[1]);
      ASSERT_EQ(counting.live, 0);
      if (i % 100 == 0) {
        ASSERT_OK(call(loop, {}, {}));
        ASSERT_OK(call(lookup(opened, "norm"), {&apart.tensor, &g.tensor},
                       {&y.tensor}));
        ASSERT_EQ(counting.live, 0);
      }
    }
  }
  EXPECT_EQ(counting.live, 0);
  EXPECT_GT(counting.total, 10000);
}

TEST_F(ResultTest, EveryAllocationMayFail) {
  CountingAllocator counting;
  Context own = makeContext(1, &counting.api);
  Artifact opened = openBytes(own.get(), bytes);
  Scalar<int64_t> count(100, RMSN_DTYPE_I64);
  const DLTensor *rangeArgs[] = {&count.tensor};
  Tensor apart({3, 8}, RMSN_DTYPE_F32, {16, 2}),
      out({3, 8}, RMSN_DTYPE_F32, {16, 2});
  const DLTensor *normArgs[] = {&apart.tensor, &g.tensor};
  const DLTensor *normResults[] = {&out.tensor};
  Tensor a({70, 90}), b({90, 80}, RMSN_DTYPE_F32, {1, 90}),
      c({70, 80}, RMSN_DTYPE_F32, {200, 2});
  const DLTensor *mulArgs[] = {&a.tensor, &b.tensor};
  const DLTensor *mulResults[] = {&c.tensor};
  auto every = [&](auto attempt) {
    int failures = 0;
    for (int64_t n = 0; n < 20; ++n) {
      counting.failAfter = n;
      rmsn_status status = attempt();
      bool failed = counting.failAfter < 0;
      EXPECT_EQ(status, failed ? RMSN_STATUS_OUT_OF_MEMORY : RMSN_STATUS_OK)
          << rmsn_last_error();
      EXPECT_EQ(counting.live, 0);
      failures += failed;
      if (!failed)
        break;
    }
    counting.failAfter = -1;
    return failures;
  };
  EXPECT_EQ(every([&] {
              DLManagedTensor *owned[2] = {};
              rmsn_status status = rmsn_call(lookup(opened, "range"), rangeArgs,
                                             1, nullptr, 2, owned, nullptr);
              for (DLManagedTensor *tensor : owned) {
                EXPECT_EQ(tensor != nullptr, status == 0);
                if (tensor)
                  tensor->deleter(tensor);
              }
              return status;
            }),
            2);
  EXPECT_EQ(every([&] {
              return rmsn_call(lookup(opened, "norm"), normArgs, 2, normResults,
                               1, nullptr, nullptr);
            }),
            2);
  EXPECT_GE(every([&] {
              return rmsn_call(lookup(opened, "multiply"), mulArgs, 2,
                               mulResults, 1, nullptr, nullptr);
            }),
            1);
}

TEST_F(ResultTest, TwoContextsAtOnce) {
  Context other = makeContext(2);
  Artifact again = openBytes(other.get(), bytes);
  rmsn_function *second = lookup(again, "norm");
  Tensor y2({3, 8});
  ASSERT_OK(call(norm, {&x.tensor, &g.tensor}, {&y.tensor}));
  artifact.reset();
  context.reset();
  ASSERT_OK(call(second, {&x.tensor, &g.tensor}, {&y2.tensor}));
  EXPECT_EQ(std::memcmp(y.data(), y2.data(), 3 * 8 * 4), 0);
}

TEST_F(ResultTest, UnknownFunction) {
  rmsn_function *function = nullptr;
  EXPECT_STATUS(rmsn_function_lookup(artifact.get(), "nrom", &function),
                NOT_FOUND, "'nrom'", "norm");
  EXPECT_EQ(function, nullptr);
}

// ---- plans

TEST_F(ResultTest, PlansRepeatACall) {
  const DLTensor *args[] = {&x.tensor, &g.tensor}, *results[] = {&y.tensor};
  rmsn_plan *made = nullptr;
  ASSERT_OK(rmsn_plan_create(norm, args, 2, results, 1, nullptr, &made));
  Plan plan(made);
  for (int n = 0; n < 3; ++n) {
    x.fill(float(n), 1);
    ASSERT_OK(rmsn_plan_run(plan.get()));
    expectNorm(x, y, g);
  }
  Tensor x2({3, 8}), y2({3, 8});
  x2.fill(7, -1);
  ASSERT_OK(rmsn_plan_set_arg(plan.get(), 0, x2.data()));
  ASSERT_OK(rmsn_plan_set_result(plan.get(), 0, y2.data()));
  ASSERT_OK(rmsn_plan_run(plan.get()));
  expectNorm(x2, y2, g);
  EXPECT_STATUS(
      rmsn_plan_set_arg(plan.get(), 0, reinterpret_cast<char *>(x2.data()) + 2),
      MISALIGNED, "argument 0");
  EXPECT_STATUS(rmsn_plan_set_arg(plan.get(), 0, nullptr), NULL_POINTER,
                "argument 0");
  EXPECT_STATUS(rmsn_plan_set_arg(plan.get(), 2, x2.data()), WRONG_COUNT, "2");
  EXPECT_STATUS(rmsn_plan_set_result(plan.get(), 1, x2.data()), WRONG_COUNT,
                "1");
  EXPECT_STATUS(rmsn_plan_run(nullptr), NULL_POINTER, "plan");
}

TEST_F(ResultTest, PlansCheckOnceAndPackAlways) {
  Tensor apart({3, 8}, RMSN_DTYPE_F32, {16, 2}), bad({3, 7});
  const DLTensor *args[] = {&apart.tensor, &g.tensor}, *results[] = {&y.tensor};
  rmsn_plan *made = nullptr;
  const DLTensor *wrong[] = {&bad.tensor, &g.tensor};
  EXPECT_STATUS(rmsn_plan_create(norm, wrong, 2, results, 1, nullptr, &made),
                WRONG_EXTENT, "argument 1");
  const DLTensor *missing[] = {nullptr};
  EXPECT_STATUS(rmsn_plan_create(norm, args, 2, missing, 1, nullptr, &made),
                NULL_POINTER, "result 0");
  ASSERT_OK(rmsn_plan_create(norm, args, 2, results, 1, nullptr, &made));
  Plan plan(made);
  for (int n = 0; n < 3; ++n) {
    apart.fill(float(n), 1);
    ASSERT_OK(rmsn_plan_run(plan.get()));
    expectNorm(apart, y, g);
  }
  EXPECT_STATUS(rmsn_plan_set_arg(plan.get(), 0, x.data()), WRONG_STRIDE,
                "packed");
}

TEST_F(ResultTest, PlansReportFailures) {
  Tensor v({1}), out({1});
  const DLTensor *args[] = {&v.tensor}, *results[] = {&out.tensor};
  rmsn_plan *made = nullptr;
  ASSERT_OK(rmsn_plan_create(lookup(artifact, "leaky"), args, 1, results, 1,
                             nullptr, &made));
  Plan plan(made);
  for (int n = 0; n < 4; ++n) {
    v.at(0) = n % 2 ? 1.f : -1.f;
    if (n % 2)
      EXPECT_STATUS(rmsn_plan_run(plan.get()), ASSERTION, "token id 7 of 5");
    else
      ASSERT_OK(rmsn_plan_run(plan.get()));
  }
}

} // namespace
