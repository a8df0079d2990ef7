// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Calls: what is checked, what may overlap, and what gets packed.

#include "call_fixture.h"

using namespace rmsn_test;

namespace {

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
  EXPECT_STATUS(
      call(lookup(artifact, "mutate"), {&v.tensor, &s.tensor}, {&old.tensor}),
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
  EXPECT_STATUS(
      call(lookup(artifact, "mutate"), {&v.tensor, &s.tensor}, {&v.tensor}),
      ALIAS, "overlaps");
  s.tensor.data = v.data() + 2;
  Tensor old({4});
  EXPECT_STATUS(
      call(lookup(artifact, "mutate"), {&v.tensor, &s.tensor}, {&old.tensor}),
      ALIAS, "argument 1");
}

// ---- packing

TEST_F(CallTest, PacksWhatCompiledCodeDoesNotTake) {
  // Columns apart: the inner stride is not 1.
  Tensor apart({3, 8}, RMSN_DTYPE_F32, {16, 2}),
      transposed({3, 8}, RMSN_DTYPE_F32, {1, 3});
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
  ASSERT_OK(
      call(lookup(artifact, "mutate"), {&v.tensor, &s.tensor}, {&old.tensor}));
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(v.at(i), float(i + 6));
    EXPECT_EQ(old.at(i), float(i + 1));
  }
}

} // namespace
