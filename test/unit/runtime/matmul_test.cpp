// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Matrix multiplication against a sum in double, for all dtypes, strides,
// transpositions and batches, through the plugin and through the built-in code.

#include "call/state.h"
#include "core/dtype.h"
#include "matmul/backend.h"
#include "test_support.h"

#include <array>
#include <cmath>
#include <random>

using namespace rmsn_test;

namespace {

// Conversions that share no code with the runtime's.
float bf16ToFloat(uint16_t h) {
  uint32_t u = uint32_t(h) << 16;
  float f;
  std::memcpy(&f, &u, 4);
  return f;
}
double f16ToDouble(uint16_t h) {
  int exponent = h >> 10 & 31, fraction = h & 1023;
  double magnitude = exponent == 31 ? (fraction ? NAN : INFINITY)
                     : exponent == 0
                         ? std::ldexp(fraction, -24)
                         : std::ldexp(1024 + fraction, exponent - 25);
  return h & 0x8000 ? -magnitude : magnitude;
}
double load(rmsn_dtype dtype, const char *p) {
  uint16_t h;
  float f;
  double d;
  switch (dtype) {
  case RMSN_DTYPE_F16:
    std::memcpy(&h, p, 2);
    return f16ToDouble(h);
  case RMSN_DTYPE_BF16:
    std::memcpy(&h, p, 2);
    return bf16ToFloat(h);
  case RMSN_DTYPE_F32:
    std::memcpy(&f, p, 4);
    return f;
  default:
    std::memcpy(&d, p, 8);
    return d;
  }
}
void store(rmsn_dtype dtype, char *p, double value) {
  uint16_t h;
  float f = float(value);
  uint32_t u;
  switch (dtype) {
  case RMSN_DTYPE_F16: // exact for the multiples of 1/16 below 64 used here
    h = 0;
    for (int e = 1; e < 31 && value != 0; ++e) {
      double fraction = std::fabs(value) / std::ldexp(1, e - 25) - 1024;
      if (fraction >= 0 && fraction < 1024) {
        h = uint16_t((value < 0 ? 0x8000 : 0) | e << 10 | int(fraction));
        break;
      }
    }
    std::memcpy(p, &h, 2);
    return;
  case RMSN_DTYPE_BF16:
    std::memcpy(&u, &f, 4);
    h = uint16_t(u >> 16);
    std::memcpy(p, &h, 2);
    return;
  case RMSN_DTYPE_F32:
    std::memcpy(p, &f, 4);
    return;
  default:
    std::memcpy(p, &value, 8);
  }
}
double epsilonOf(rmsn_dtype dtype) {
  switch (dtype) {
  case RMSN_DTYPE_F16:
    return 0x1p-11;
  case RMSN_DTYPE_BF16:
    return 0x1p-8;
  case RMSN_DTYPE_F32:
    return 0x1p-24;
  default:
    return 0x1p-53;
  }
}

enum Order { RowMajor, ColumnMajor, Padded, Spread, Reversed };

struct Operand {
  rmsn_dtype dtype;
  int64_t strides[3];
  std::vector<char> bytes;
  int64_t origin = 0; // of element 0, in elements

  Operand(rmsn_dtype dtype, int64_t batch, int64_t rows, int64_t columns,
          Order order, bool broadcastBatch)
      : dtype(dtype) {
    int64_t r = columns, c = 1;
    if (order == ColumnMajor)
      r = 1, c = rows;
    else if (order == Padded)
      r = columns + 3;
    else if (order == Spread)
      r = 2 * columns + 1, c = 2;
    else if (order == Reversed)
      r = -columns;
    int64_t span = (rows - 1) * std::abs(r) + (columns - 1) * std::abs(c) + 1;
    strides[0] = broadcastBatch ? 0 : span + 1;
    strides[1] = r;
    strides[2] = c;
    origin = r < 0 ? -(rows - 1) * r : 0;
    int64_t count = (broadcastBatch ? 1 : batch) * (span + 1) + 8;
    bytes.resize(size_t(count) * rmsn_dtype_size(dtype));
  }
  char *at(int64_t b, int64_t i, int64_t j) {
    return bytes.data() +
           (origin + b * strides[0] + i * strides[1] + j * strides[2]) *
               int64_t(rmsn_dtype_size(dtype));
  }
  char *data() { return at(0, 0, 0); }
};

struct Case {
  int64_t batch, m, n, k;
  rmsn_dtype ab, c;
  Order a, b, out;
  bool accumulate, broadcastA, broadcastB;
};

void check(rmsn::MatmulBackend &backend, const Case &t) {
  Operand a(t.ab, t.batch, t.m, t.k, t.a, t.broadcastA);
  Operand b(t.ab, t.batch, t.k, t.n, t.b, t.broadcastB);
  Operand c(t.c, t.batch, t.m, t.n, t.out, false);
  std::mt19937 random(static_cast<unsigned>(t.m * 31 + t.n * 7 + t.k));
  auto value = [&] { return double(int(random() % 65) - 32) / 16; };
  for (int64_t bb = 0; bb < t.batch; ++bb) {
    for (int64_t i = 0; i < t.m; ++i)
      for (int64_t p = 0; p < t.k; ++p)
        store(t.ab, a.at(bb, i, p), value());
    for (int64_t p = 0; p < t.k; ++p)
      for (int64_t j = 0; j < t.n; ++j)
        store(t.ab, b.at(bb, p, j), value());
    for (int64_t i = 0; i < t.m; ++i)
      for (int64_t j = 0; j < t.n; ++j)
        store(t.c, c.at(bb, i, j), t.accumulate ? value() : NAN);
  }
  Operand before = c;
  rmsn_matmul_args args = {};
  args.a = a.data();
  args.b = b.data();
  args.c = c.data();
  args.batch = t.batch;
  args.m = t.m;
  args.n = t.n;
  args.k = t.k;
  std::copy(a.strides, a.strides + 3, args.a_strides);
  std::copy(b.strides, b.strides + 3, args.b_strides);
  std::copy(c.strides, c.strides + 3, args.c_strides);
  args.a_dtype = args.b_dtype = t.ab;
  args.c_dtype = t.c;
  args.accumulate = t.accumulate;
  ASSERT_OK(backend.run(args));
  bool wide = t.ab == RMSN_DTYPE_F64;
  std::vector<double> rows(size_t(t.m * t.k)), columns(size_t(t.n * t.k));
  for (int64_t bb = 0; bb < t.batch; ++bb) {
    for (int64_t p = 0; p < t.k; ++p) {
      for (int64_t i = 0; i < t.m; ++i)
        rows[size_t(i * t.k + p)] = load(t.ab, a.at(bb, i, p));
      for (int64_t j = 0; j < t.n; ++j)
        columns[size_t(j * t.k + p)] = load(t.ab, b.at(bb, p, j));
    }
    for (int64_t i = 0; i < t.m; ++i)
      for (int64_t j = 0; j < t.n; ++j) {
        double sum = t.accumulate ? load(t.c, before.at(bb, i, j)) : 0;
        double magnitude = std::fabs(sum);
        for (int64_t p = 0; p < t.k; ++p) {
          double product =
              rows[size_t(i * t.k + p)] * columns[size_t(j * t.k + p)];
          sum += product;
          magnitude += std::fabs(product);
        }
        double tolerance =
            magnitude * double(t.k + 1) * (wide ? 0x1p-52 : 0x1p-24) +
            std::fabs(sum) * epsilonOf(t.c) * 1.01;
        double got = load(t.c, c.at(bb, i, j));
        ASSERT_LE(std::fabs(got - sum), tolerance)
            << got << " for " << sum << " at " << bb << "," << i << "," << j
            << " of " << t.batch << "x" << t.m << "x" << t.n << "x" << t.k
            << " dtype " << rmsn_dtype_name(t.ab) << " to "
            << rmsn_dtype_name(t.c) << " orders " << t.a << t.b << t.out
            << " accumulate " << t.accumulate;
      }
  }
  // Nothing else was written.
  for (int64_t bb = 0; bb < t.batch; ++bb)
    for (int64_t i = 0; i < t.m; ++i)
      for (int64_t j = 0; j < t.n; ++j)
        std::memcpy(c.at(bb, i, j), before.at(bb, i, j), rmsn_dtype_size(t.c));
  EXPECT_EQ(c.bytes, before.bytes);
}

class MatmulTest : public ::testing::TestWithParam<int> {
protected:
  MatmulTest() {
    rmsn_context_options options = {};
    options.struct_size = sizeof(options);
    options.num_threads = 3;
    options.cache_directory = "";
#ifdef RMSN_TEST_BLAS
    options.blas_plugin = GetParam() ? RMSN_TEST_BLAS : "";
#else
    options.blas_plugin = "";
#endif
    rmsn_context *raw = nullptr;
    EXPECT_EQ(rmsn_context_create(&options, &raw), 0);
    context.reset(raw);
#ifdef RMSN_TEST_BLAS
    EXPECT_EQ(context->matmul().blas != nullptr, GetParam() != 0)
        << rmsn_last_error();
#endif
  }
  Context context;
};

constexpr rmsn_dtype kDtypes[] = {RMSN_DTYPE_F16, RMSN_DTYPE_BF16,
                                  RMSN_DTYPE_F32, RMSN_DTYPE_F64};
constexpr Order kOrders[] = {RowMajor, ColumnMajor, Padded, Spread, Reversed};

TEST_P(MatmulTest, EveryOrderOfEveryDtype) {
  for (rmsn_dtype dtype : kDtypes)
    for (Order a : kOrders)
      for (Order b : kOrders)
        for (Order c : kOrders)
          for (int64_t m : {1, 2, 6, 37}) {
            check(context->matmul(),
                  {2, m, 19, 33, dtype, dtype, a, b, c, false, false, false});
            if (HasFatalFailure())
              return;
          }
}

TEST_P(MatmulTest, Extents) {
  for (rmsn_dtype dtype : kDtypes)
    for (Order b : {RowMajor, ColumnMajor})
      for (auto [m, n, k] :
           std::vector<std::array<int64_t, 3>>{{1, 1, 1},
                                               {1, 300, 5},
                                               {300, 1, 5},
                                               {5, 3, 700},
                                               {1, 513, 1030},
                                               {4, 260, 64},
                                               {3, 1, 1},
                                               {130, 600, 520},
                                               {64, 1030, 17}}) {
        check(context->matmul(), {1, m, n, k, dtype, dtype, RowMajor, b,
                                  RowMajor, false, false, false});
        if (HasFatalFailure())
          return;
      }
}

TEST_P(MatmulTest, AccumulationAndWiderResults) {
  for (rmsn_dtype dtype : kDtypes)
    for (bool accumulate : {false, true})
      for (int64_t m : {1, 3, 40})
        for (Order out : {RowMajor, ColumnMajor, Spread})
          for (rmsn_dtype c :
               {dtype,
                dtype == RMSN_DTYPE_F64 ? RMSN_DTYPE_F64 : RMSN_DTYPE_F32}) {
            check(context->matmul(), {2, m, 70, 600, dtype, c, RowMajor,
                                      RowMajor, out, accumulate, false, false});
            if (HasFatalFailure())
              return;
          }
}

TEST_P(MatmulTest, BroadcastBatches) {
  for (rmsn_dtype dtype : kDtypes)
    for (int64_t m : {1, 5})
      for (bool a : {false, true})
        for (bool b : {false, true}) {
          check(context->matmul(), {7, m, 24, 32, dtype, dtype, RowMajor,
                                    ColumnMajor, RowMajor, false, a, b});
          if (HasFatalFailure())
            return;
        }
}

TEST_P(MatmulTest, LargeEnoughForThreadsAndPanels) {
  for (rmsn_dtype dtype : {RMSN_DTYPE_BF16, RMSN_DTYPE_F32})
    for (Order b : {RowMajor, ColumnMajor}) {
      check(context->matmul(), {1, 9, 1100, 1200, dtype, dtype, RowMajor, b,
                                RowMajor, false, false, false});
      check(context->matmul(), {1, 1, 2100, 1500, dtype, dtype, RowMajor, b,
                                RowMajor, true, false, false});
      if (HasFatalFailure())
        return;
    }
}

TEST_P(MatmulTest, TheNumberOfThreadsDoesNotMatter) {
  auto result = [&](uint32_t threads, rmsn_dtype dtype) {
    rmsn_context_options options = {};
    options.struct_size = sizeof(options);
    options.num_threads = threads;
    options.cache_directory = "";
    std::string plugin = context->blasPlugin;
    options.blas_plugin = plugin.c_str();
    rmsn_context *raw = nullptr;
    EXPECT_EQ(rmsn_context_create(&options, &raw), 0);
    Context own(raw);
    Operand a(dtype, 1, 65, 700, RowMajor, false),
        b(dtype, 1, 700, 900, RowMajor, false),
        c(RMSN_DTYPE_F32, 1, 65, 900, RowMajor, false);
    std::mt19937 random(5);
    for (auto *operand : {&a, &b})
      for (size_t i = 0; i + 8 < operand->bytes.size();
           i += rmsn_dtype_size(dtype))
        store(dtype, operand->bytes.data() + i,
              double(int(random() % 65) - 32) / 16);
    rmsn_matmul_args args = {};
    args.a = a.data();
    args.b = b.data();
    args.c = c.data();
    args.batch = 1;
    args.m = 65;
    args.n = 900;
    args.k = 700;
    std::copy(a.strides, a.strides + 3, args.a_strides);
    std::copy(b.strides, b.strides + 3, args.b_strides);
    std::copy(c.strides, c.strides + 3, args.c_strides);
    args.a_dtype = args.b_dtype = dtype;
    args.c_dtype = RMSN_DTYPE_F32;
    EXPECT_EQ(own->matmul().run(args), 0);
    return c.bytes;
  };
  for (rmsn_dtype dtype : {RMSN_DTYPE_BF16, RMSN_DTYPE_F32}) {
    auto one = result(1, dtype);
    EXPECT_EQ(result(2, dtype), one);
    EXPECT_EQ(result(7, dtype), one);
  }
}

TEST_P(MatmulTest, EmptyOnes) {
  float a = 1, b = 2, c[4] = {7, 7, 7, 7};
  rmsn_matmul_args args = {};
  args.a = &a;
  args.b = &b;
  args.c = c;
  args.batch = 1;
  args.m = 2;
  args.n = 2;
  args.k = 0;
  args.c_strides[1] = 2;
  args.c_strides[2] = 1;
  args.a_dtype = args.b_dtype = args.c_dtype = RMSN_DTYPE_F32;
  args.accumulate = 1;
  ASSERT_OK(context->matmul().run(args));
  EXPECT_EQ(c[3], 7);
  args.accumulate = 0;
  ASSERT_OK(context->matmul().run(args));
  for (float value : c)
    EXPECT_EQ(value, 0);
  args.m = 0;
  args.k = 5;
  c[0] = 3;
  ASSERT_OK(context->matmul().run(args));
  EXPECT_EQ(c[0], 3);
  args.m = -1;
  EXPECT_STATUS(context->matmul().run(args), WRONG_EXTENT, "negative");
  args.a_dtype = RMSN_DTYPE_I32;
  EXPECT_STATUS(context->matmul().run(args), WRONG_DTYPE, "i32");
}

INSTANTIATE_TEST_SUITE_P(BuiltIn, MatmulTest, ::testing::Values(0));
#ifdef RMSN_TEST_BLAS
INSTANTIATE_TEST_SUITE_P(Plugin, MatmulTest, ::testing::Values(1));
#endif

// The tables of kernels for every instruction set that this machine has, on all
// 65536 values of a half type.
TEST(KernelsTest, HalfConversions) {
  rmsn::CpuFeatures cpu;
  const rmsn::MatmulKernels &kernels = rmsn::matmulKernels(cpu);
  std::vector<uint16_t> all(65536), back(65536);
  std::vector<float> wide(65536);
  for (size_t i = 0; i < all.size(); ++i)
    all[i] = uint16_t(i);
  for (rmsn_dtype dtype : {RMSN_DTYPE_F16, RMSN_DTYPE_BF16}) {
    kernels.widen(dtype, all.data(), 1, wide.data(), 65536);
    kernels.narrow(dtype, wide.data(), back.data(), 1, 65536, false);
    for (size_t i = 0; i < all.size(); ++i) {
      double expected = load(dtype, reinterpret_cast<char *>(&all[i]));
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(wide[i]));
        EXPECT_TRUE(
            std::isnan(load(dtype, reinterpret_cast<char *>(&back[i]))));
        continue;
      }
      ASSERT_EQ(double(wide[i]), expected) << i;
      ASSERT_EQ(back[i], all[i]) << i;
    }
  }
  // Rounding to nearest, ties to even, between all neighbours.
  for (rmsn_dtype dtype : {RMSN_DTYPE_F16, RMSN_DTYPE_BF16})
    for (uint32_t i = 0; i < (dtype == RMSN_DTYPE_F16 ? 0x7bffu : 0x7f7fu);
         ++i) {
      uint16_t low = uint16_t(i), high = uint16_t(i + 1);
      double a = load(dtype, reinterpret_cast<char *>(&low)),
             b = load(dtype, reinterpret_cast<char *>(&high));
      float middle = float((a + b) / 2);
      float values[3] = {std::nextafterf(middle, 0), middle,
                         std::nextafterf(middle, INFINITY)};
      uint16_t rounded[3];
      kernels.narrow(dtype, values, rounded, 1, 3, false);
      ASSERT_EQ(rounded[0], low) << i;
      ASSERT_EQ(rounded[1], i % 2 ? high : low) << i;
      ASSERT_EQ(rounded[2], high) << i;
    }
}

TEST(KernelsTest, MissingPluginIsLoggedOnce) {
  int lines = 0;
  rmsn_context_options options = {};
  options.struct_size = sizeof(options);
  options.cache_directory = "";
  options.blas_plugin = "/no/such/plugin.so";
  options.log_user = &lines;
  options.log = [](void *user, rmsn_log_level level, const char *message) {
    EXPECT_EQ(level, RMSN_LOG_WARNING);
    EXPECT_NE(std::string(message).find("/no/such/plugin.so"),
              std::string::npos);
    ++*static_cast<int *>(user);
  };
  rmsn_context *raw = nullptr;
  ASSERT_OK(rmsn_context_create(&options, &raw));
  Context context(raw);
  check(context->matmul(), {1, 3, 4, 5, RMSN_DTYPE_F32, RMSN_DTYPE_F32,
                            RowMajor, RowMajor, RowMajor, false, false, false});
  check(context->matmul(), {1, 3, 4, 5, RMSN_DTYPE_F32, RMSN_DTYPE_F32,
                            RowMajor, RowMajor, RowMajor, false, false, false});
  EXPECT_EQ(lines, 1);
}

} // namespace
