// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Calls: what is checked, how memory is handled, and what results look like.

#include "test_support.h"

#include <cmath>

using namespace rmsn_test;

namespace {

class CallTest : public ::testing::Test {
protected:
  Context context = makeContext(2);
  std::vector<char> bytes = written(basicArtifact());
  Artifact artifact = openBytes(context.get(), bytes);
  rmsn_function *norm = lookup(artifact, "norm");
  Tensor x{{3, 8}}, g{{8}}, y{{3, 8}};

  void SetUp() override {
    x.fill(-3, 0.5f);
    g.fill(1, 0.25f);
  }

  void expectNorm(Tensor &in, Tensor &out, Tensor &weight) {
    for (int64_t i = 0; i < in.shape[0]; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < in.shape[1]; ++j)
        sum += double(in.at(i, j)) * in.at(i, j);
      double d = std::sqrt(sum / double(in.shape[1]) + 1e-6);
      for (int64_t j = 0; j < in.shape[1]; ++j)
        EXPECT_NEAR(out.at(i, j), in.at(i, j) / d * weight.at(j), 1e-5)
            << i << ", " << j;
    }
  }
};

TEST_F(CallTest, ComputesIntoGivenMemory) {
  ASSERT_OK(call(norm, {&x.tensor, &g.tensor}, {&y.tensor}));
  expectNorm(x, y, g);
}

TEST_F(CallTest, NullStridesMeanContiguous) {
  x.tensor.strides = y.tensor.strides = g.tensor.strides = nullptr;
  ASSERT_OK(call(norm, {&x.tensor, &g.tensor}, {&y.tensor}));
  expectNorm(x, y, g);
}

TEST_F(CallTest, ByteOffsetIsHonoured) {
  DLTensor row = x.tensor;
  int64_t shape[2] = {1, 8}, outShape[2] = {1, 8};
  row.shape = shape;
  row.strides = nullptr;
  row.byte_offset = 2 * 8 * 4;
  y.tensor.shape = outShape;
  ASSERT_OK(call(norm, {&row, &g.tensor}, {&y.tensor}));
  double sum = 0;
  for (int64_t j = 0; j < 8; ++j)
    sum += double(x.at(2, j)) * x.at(2, j);
  EXPECT_NEAR(y.at(0, 3), x.at(2, 3) / std::sqrt(sum / 8 + 1e-6) * g.at(3),
              1e-5);
}

TEST_F(CallTest, AllocatesNullResults) {
  DLManagedTensor *owned[1] = {};
  const DLTensor *args[] = {&x.tensor, &g.tensor};
  ASSERT_OK(rmsn_call(norm, args, 2, nullptr, 1, owned, nullptr));
  ASSERT_NE(owned[0], nullptr);
  Owned result(owned[0]);
  const DLTensor &t = result->dl_tensor;
  ASSERT_EQ(t.ndim, 2);
  EXPECT_EQ(t.shape[0], 3);
  EXPECT_EQ(t.shape[1], 8);
  EXPECT_EQ(t.strides[0], 8);
  EXPECT_EQ(t.strides[1], 1);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(t.data) % 64, 0u);
  EXPECT_EQ(rmsn_dtype_from_dlpack(t.dtype), RMSN_DTYPE_F32);
  std::memcpy(y.data(), t.data, 3 * 8 * 4);
  expectNorm(x, y, g);
}

TEST_F(CallTest, OwnedResultsOutliveEverything) {
  DLManagedTensor *owned[1] = {};
  const DLTensor *args[] = {&x.tensor, &g.tensor};
  ASSERT_OK(rmsn_call(norm, args, 2, nullptr, 1, owned, nullptr));
  artifact.reset();
  context.reset();
  DLManagedTensorVersioned *versioned = nullptr;
  ASSERT_OK(rmsn_tensor_to_versioned(owned[0], &versioned));
  EXPECT_EQ(versioned->version.major, 1u);
  EXPECT_EQ(versioned->flags, 0u);
  std::memcpy(y.data(), versioned->dl_tensor.data, 3 * 8 * 4);
  versioned->deleter(versioned);
  expectNorm(x, y, g);
}

TEST_F(CallTest, ZeroRows) {
  Tensor none({0, 8}), out({0, 8});
  none.tensor.data = nullptr;
  ASSERT_OK(call(norm, {&none.tensor, &g.tensor}, {&out.tensor}));
  DLManagedTensor *owned[1] = {};
  const DLTensor *args[] = {&none.tensor, &g.tensor};
  ASSERT_OK(rmsn_call(norm, args, 2, nullptr, 1, owned, nullptr));
  Owned result(owned[0]);
  EXPECT_EQ(result->dl_tensor.shape[0], 0);
  EXPECT_EQ(result->dl_tensor.shape[1], 8);
}

// ---- every kind of wrong argument

TEST_F(CallTest, WrongCount) {
  EXPECT_STATUS(call(norm, {&x.tensor}, {&y.tensor}), WRONG_COUNT,
                "1 arguments given", "expected 2");
  EXPECT_STATUS(call(norm, {&x.tensor, &g.tensor}, {}), WRONG_COUNT,
                "0 results given", "expected 1");
}

TEST_F(CallTest, NullPointers) {
  EXPECT_STATUS(call(nullptr, {}, {}), NULL_POINTER, "function");
  EXPECT_STATUS(call(norm, {&x.tensor, nullptr}, {&y.tensor}), NULL_POINTER,
                "argument 1 ('weight')", "null");
  EXPECT_STATUS(call(norm, {&x.tensor, &g.tensor}, {nullptr}), NULL_POINTER,
                "result 0 ('y')");
  EXPECT_STATUS(rmsn_call(norm, nullptr, 2, nullptr, 1, nullptr, nullptr),
                NULL_POINTER, "list of arguments");
  DLTensor bad = x.tensor;
  bad.data = nullptr;
  EXPECT_STATUS(call(norm, {&bad, &g.tensor}, {&y.tensor}), NULL_POINTER,
                "null data pointer", "('x')");
  bad = x.tensor;
  bad.shape = nullptr;
  EXPECT_STATUS(call(norm, {&bad, &g.tensor}, {&y.tensor}), NULL_POINTER,
                "null shape");
}

TEST_F(CallTest, WrongDtype) {
  Tensor half({3, 8}, RMSN_DTYPE_BF16);
  EXPECT_STATUS(call(norm, {&half.tensor, &g.tensor}, {&y.tensor}), WRONG_DTYPE,
                "argument 0 ('x')", "bf16", "expected f32");
  DLTensor lanes = x.tensor;
  lanes.dtype.lanes = 4;
  EXPECT_STATUS(call(norm, {&lanes, &g.tensor}, {&y.tensor}), WRONG_DTYPE,
                "lanes 4");
  Tensor wrongResult({3, 8}, RMSN_DTYPE_F64);
  EXPECT_STATUS(call(norm, {&x.tensor, &g.tensor}, {&wrongResult.tensor}),
                WRONG_DTYPE, "result 0 ('y')", "f64");
}

TEST_F(CallTest, WrongRank) {
  EXPECT_STATUS(call(norm, {&g.tensor, &g.tensor}, {&y.tensor}), WRONG_RANK,
                "rank 1", "expected 2");
  DLTensor negative = x.tensor;
  negative.ndim = -1;
  EXPECT_STATUS(call(norm, {&negative, &g.tensor}, {&y.tensor}), WRONG_RANK,
                "rank -1");
}

TEST_F(CallTest, WrongExtent) {
  Tensor short1({7});
  EXPECT_STATUS(call(norm, {&x.tensor, &short1.tensor}, {&y.tensor}),
                WRONG_EXTENT, "argument 1", "extent 7", "expected 8");
  Tensor fewer({2, 8});
  EXPECT_STATUS(call(norm, {&x.tensor, &g.tensor}, {&fewer.tensor}),
                WRONG_EXTENT, "result 0", "extent 2", "expected 3");
  Tensor five({3, 5});
  EXPECT_STATUS(
      call(lookup(artifact, "add_constant"), {&five.tensor}, {&y.tensor}),
      WRONG_EXTENT, "extent 5 in dim 1", "expected 4");
  DLTensor bad = x.tensor;
  int64_t shape[2] = {-3, 8};
  bad.shape = shape;
  EXPECT_STATUS(call(norm, {&bad, &g.tensor}, {&y.tensor}), WRONG_EXTENT,
                "extent -3");
  int64_t huge[2] = {int64_t(1) << 61, 8};
  bad.shape = huge;
  bad.strides = nullptr;
  EXPECT_STATUS(call(norm, {&bad, &g.tensor}, {&y.tensor}), WRONG_EXTENT,
                "overflows");
}

TEST_F(CallTest, WrongStride) {
  int64_t zero[2] = {0, 1}, negative[2] = {4, 1};
  y.tensor.strides = zero;
  EXPECT_STATUS(call(norm, {&x.tensor, &g.tensor}, {&y.tensor}), WRONG_STRIDE,
                "result 0", "share memory");
  y.tensor.strides = negative;
  EXPECT_STATUS(call(norm, {&x.tensor, &g.tensor}, {&y.tensor}), WRONG_STRIDE,
                "result 0");
  int64_t enormous[2] = {INT64_MAX / 2, 1};
  x.tensor.strides = enormous;
  EXPECT_STATUS(call(norm, {&x.tensor, &g.tensor}, {&y.tensor}), WRONG_EXTENT,
                "overflows");
}

TEST_F(CallTest, ReadOnly) {
  rmsn_call_options options = {};
  options.struct_size = sizeof(options);
  uint8_t yes[2] = {1, 1};
  options.result_read_only = yes;
  EXPECT_STATUS(call(norm, {&x.tensor, &g.tensor}, {&y.tensor}, &options),
                READ_ONLY, "result 0 ('y')");
  options.result_read_only = nullptr;
  options.arg_read_only = yes;
  // Read-only arguments are what arguments usually are.
  ASSERT_OK(call(norm, {&x.tensor, &g.tensor}, {&y.tensor}, &options));
  Tensor v({4}), old({4});
  Scalar<float> s(1, RMSN_DTYPE_F32);
  EXPECT_STATUS(call(lookup(artifact, "mutate"), {&v.tensor, &s.tensor},
                     {&old.tensor}, &options),
                READ_ONLY, "argument 0 ('x')", "writes");
}

TEST_F(CallTest, Misaligned) {
  DLTensor odd = x.tensor;
  odd.byte_offset = 2;
  int64_t shape[2] = {2, 8};
  odd.shape = shape;
  EXPECT_STATUS(call(norm, {&odd, &g.tensor}, {&y.tensor}), MISALIGNED,
                "argument 0", "multiple of 4");
}

TEST_F(CallTest, WrongDevice) {
  DLTensor other = g.tensor;
  other.device = {kDLCUDA, 0};
  EXPECT_STATUS(call(norm, {&x.tensor, &other}, {&y.tensor}), WRONG_DEVICE,
                "argument 1", "cuda:0", "cpu");
  other.device = {kDLMetal, 0};
  EXPECT_STATUS(call(norm, {&x.tensor, &other}, {&y.tensor}), WRONG_DEVICE,
                "type 8");
  // Page-locked host memory is host memory.
  other.device = {kDLCUDAHost, 0};
  ASSERT_OK(call(norm, {&x.tensor, &other}, {&y.tensor}));
  Tensor v({4}), old({4});
  Scalar<float> s(1, RMSN_DTYPE_F32);
  s.tensor.device = {kDLCUDA, 0};
  EXPECT_STATUS(call(lookup(artifact, "mutate"), {&v.tensor, &s.tensor},
                     {&old.tensor}),
                WRONG_DEVICE, "scalars");
}

TEST_F(CallTest, Scalars) {
  rmsn_function *mutate = lookup(artifact, "mutate");
  Tensor v({4}), old({4});
  v.fill(1, 1);
  Scalar<float> s(10, RMSN_DTYPE_F32);
  ASSERT_OK(call(mutate, {&v.tensor, &s.tensor}, {&old.tensor}));
  EXPECT_EQ(old.at(2), 3);
  EXPECT_EQ(v.at(2), 13);
  EXPECT_STATUS(call(mutate, {&v.tensor, &v.tensor}, {&old.tensor}), WRONG_RANK,
                "scalar (rank 0)");
  Scalar<double> wrong(10, RMSN_DTYPE_F64);
  EXPECT_STATUS(call(mutate, {&v.tensor, &wrong.tensor}, {&old.tensor}),
                WRONG_DTYPE, "('s')");
  s.tensor.data = nullptr;
  EXPECT_STATUS(call(mutate, {&v.tensor, &s.tensor}, {&old.tensor}),
                NULL_POINTER, "('s')");
}

TEST_F(CallTest, StructSizes) {
  rmsn_call_options options = {};
  EXPECT_STATUS(call(norm, {&x.tensor, &g.tensor}, {&y.tensor}, &options),
                INVALID_ARGUMENT, "struct_size is 0");
  // An older program's shorter struct: what it does not have counts as zero.
  uint8_t yes[1] = {1};
  options.struct_size = offsetof(rmsn_call_options, arg_read_only);
  options.result_read_only = yes;
  ASSERT_OK(call(norm, {&x.tensor, &g.tensor}, {&y.tensor}, &options));
}

// ---- overlap

TEST_F(CallTest, InPlaceWhereAllowed) {
  Tensor copy({3, 8});
  std::memcpy(copy.data(), x.data(), 3 * 8 * 4);
  ASSERT_OK(call(norm, {&x.tensor, &g.tensor}, {&x.tensor}));
  expectNorm(copy, x, g);
}

TEST_F(CallTest, InPlaceWhereNotAllowed) {
  Tensor v({2, 4});
  EXPECT_STATUS(
      call(lookup(artifact, "add_constant"), {&v.tensor}, {&v.tensor}), ALIAS,
      "result 0", "argument 0", "in place");
}

TEST_F(CallTest, PartialOverlapIsRefused) {
  Tensor all({4, 8});
  DLTensor in = all.tensor, out = all.tensor;
  int64_t shape[2] = {3, 8};
  in.shape = out.shape = shape;
  out.byte_offset = 8 * 4;
  EXPECT_STATUS(call(norm, {&in, &g.tensor}, {&out}), ALIAS, "overlaps",
                "separate memory");
  // The weight may never be overwritten.
  Tensor square({8, 8});
  DLTensor row = square.tensor;
  int64_t eight[1] = {8}, one[1] = {1};
  row.ndim = 1;
  row.shape = eight;
  row.strides = one;
  Tensor tall({8, 8});
  EXPECT_STATUS(call(norm, {&tall.tensor, &row}, {&square.tensor}), ALIAS,
                "argument 1");
}

TEST_F(CallTest, InterleavedViewsDoNotOverlap) {
  // Left and right half of the columns of one matrix.
  Tensor wide({3, 16});
  wide.fill(1, 1);
  DLTensor left = wide.tensor, right = wide.tensor;
  int64_t shape[2] = {3, 8}, strides[2] = {16, 1};
  left.shape = right.shape = shape;
  left.strides = right.strides = strides;
  right.byte_offset = 8 * 4;
  ASSERT_OK(call(norm, {&left, &g.tensor}, {&right}));
  EXPECT_EQ(wide.at(2, 7), 40); // the left half is as it was
  EXPECT_LT(wide.at(2, 15), 5);
  // One column further left they do overlap.
  right.byte_offset = 7 * 4;
  EXPECT_STATUS(call(norm, {&left, &g.tensor}, {&right}), ALIAS, "overlaps");
}

TEST_F(CallTest, ResultsMustNotOverlapEachOther) {
  rmsn_function *range = lookup(artifact, "range");
  Scalar<int64_t> count(8, RMSN_DTYPE_I64);
  Tensor both({8});
  DLTensor half = both.tensor;
  int64_t four[1] = {4};
  half.shape = four;
  EXPECT_STATUS(call(range, {&count.tensor}, {&both.tensor, &half}), ALIAS,
                "result 1", "result 0");
}

TEST_F(CallTest, MutableArgumentsMustNotOverlap) {
  Tensor v({4});
  Scalar<float> s(1, RMSN_DTYPE_F32);
  EXPECT_STATUS(call(lookup(artifact, "mutate"), {&v.tensor, &s.tensor},
                     {&v.tensor}),
                ALIAS, "overlaps");
  s.tensor.data = v.data() + 2;
  Tensor old({4});
  EXPECT_STATUS(call(lookup(artifact, "mutate"), {&v.tensor, &s.tensor},
                     {&old.tensor}),
                ALIAS, "argument 1");
}

// ---- packing

TEST_F(CallTest, PacksWhatCompiledCodeDoesNotTake) {
  // Columns apart: the inner stride is not 1.
  Tensor apart({3, 8}, RMSN_DTYPE_F32, {16, 2}), transposed({3, 8},
                                                            RMSN_DTYPE_F32,
                                                            {1, 3});
  apart.fill(-3, 0.5f);
  ASSERT_OK(call(norm, {&apart.tensor, &g.tensor}, {&transposed.tensor}));
  expectNorm(apart, transposed, g);
}

TEST_F(CallTest, OuterStridesNeedNoPacking) {
  Tensor rows({3, 8}, RMSN_DTYPE_F32, {11, 1}),
      backwards({3, 8}, RMSN_DTYPE_F32, {-8, 1});
  rows.fill(-3, 0.5f);
  ASSERT_OK(call(norm, {&rows.tensor, &g.tensor}, {&backwards.tensor}));
  expectNorm(rows, backwards, g);
  // A broadcast row.
  Tensor same({3, 8}, RMSN_DTYPE_F32, {0, 1});
  for (int64_t j = 0; j < 8; ++j)
    same.at(0, j) = float(j);
  ASSERT_OK(call(norm, {&same.tensor, &g.tensor}, {&y.tensor}));
  expectNorm(same, y, g);
}

TEST_F(CallTest, PacksMisalignedMemory) {
  rmsn_function *add = lookup(artifact, "add_constant");
  Tensor in({3, 4}, RMSN_DTYPE_F32, {}, 4), out({3, 4}, RMSN_DTYPE_F32, {}, 20);
  in.fill(0, 1);
  ASSERT_OK(call(add, {&in.tensor}, {&out.tensor}));
  for (int64_t i = 0; i < 3; ++i)
    for (int64_t j = 0; j < 4; ++j)
      EXPECT_EQ(out.at(i, j), float(4 * i + j + 10 * (j + 1)));
}

TEST_F(CallTest, PackedMutableArgumentsAreWrittenBack) {
  Tensor v({4}, RMSN_DTYPE_F32, {3}), old({4}, RMSN_DTYPE_F32, {-2});
  v.fill(1, 1);
  Scalar<float> s(5, RMSN_DTYPE_F32);
  ASSERT_OK(call(lookup(artifact, "mutate"), {&v.tensor, &s.tensor},
                 {&old.tensor}));
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(v.at(i), float(i + 6));
    EXPECT_EQ(old.at(i), float(i + 1));
  }
}

// ---- results that compiled code allocates

TEST_F(CallTest, CalleeAllocatedResults) {
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

TEST_F(CallTest, CalleeAllocatedIntoGivenMemory) {
  rmsn_function *range = lookup(artifact, "range");
  Scalar<int64_t> count(4, RMSN_DTYPE_I64);
  Tensor all({4}, RMSN_DTYPE_F32, {2}), half({2}), wrong({3});
  ASSERT_OK(call(range, {&count.tensor}, {&all.tensor, &half.tensor}));
  EXPECT_EQ(all.at(3), 3);
  EXPECT_EQ(half.at(1), 3);
  EXPECT_STATUS(call(range, {&count.tensor}, {&wrong.tensor, &half.tensor}),
                WRONG_EXTENT, "extent 3", "expected 4");
}

TEST_F(CallTest, AnArgumentHandedThroughIsCopied) {
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

TEST_F(CallTest, ShapeFunctions) {
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
  EXPECT_STATUS(
      rmsn_function_infer_shapes(lookup(artifact, "impossible"), args, 1, dims,
                                 1),
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

TEST_F(CallTest, AssertionsBecomeStatuses) {
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

TEST_F(CallTest, NothingIsLeaked) {
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

TEST_F(CallTest, EveryAllocationMayFail) {
  CountingAllocator counting;
  Context own = makeContext(1, &counting.api);
  Artifact opened = openBytes(own.get(), bytes);
  Scalar<int64_t> count(100, RMSN_DTYPE_I64);
  const DLTensor *rangeArgs[] = {&count.tensor};
  Tensor apart({3, 8}, RMSN_DTYPE_F32, {16, 2}), out({3, 8}, RMSN_DTYPE_F32,
                                                     {16, 2});
  const DLTensor *normArgs[] = {&apart.tensor, &g.tensor};
  const DLTensor *normResults[] = {&out.tensor};
  Tensor a({70, 90}), b({90, 80}, RMSN_DTYPE_F32, {1, 90}), c({70, 80},
                                                             RMSN_DTYPE_F32,
                                                             {200, 2});
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

TEST_F(CallTest, TwoContextsAtOnce) {
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

TEST_F(CallTest, UnknownFunction) {
  rmsn_function *function = nullptr;
  EXPECT_STATUS(rmsn_function_lookup(artifact.get(), "nrom", &function),
                NOT_FOUND, "'nrom'", "norm");
  EXPECT_EQ(function, nullptr);
}

// ---- plans

TEST_F(CallTest, PlansRepeatACall) {
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
  EXPECT_STATUS(rmsn_plan_set_arg(plan.get(), 0,
                                  reinterpret_cast<char *>(x2.data()) + 2),
                MISALIGNED, "argument 0");
  EXPECT_STATUS(rmsn_plan_set_arg(plan.get(), 0, nullptr), NULL_POINTER,
                "argument 0");
  EXPECT_STATUS(rmsn_plan_set_arg(plan.get(), 2, x2.data()), WRONG_COUNT, "2");
  EXPECT_STATUS(rmsn_plan_set_result(plan.get(), 1, x2.data()), WRONG_COUNT,
                "1");
  EXPECT_STATUS(rmsn_plan_run(nullptr), NULL_POINTER, "plan");
}

TEST_F(CallTest, PlansCheckOnceAndPackAlways) {
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

TEST_F(CallTest, PlansReportFailures) {
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
