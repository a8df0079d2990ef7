// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "matmul/product.h"

#include "core/context.h"
#include "matmul/arithmetic.h"
#include "matmul/backend.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <type_traits>

using namespace rmsn;

namespace {

// A block of memory for the time of one product.
class Scratch {
public:
  explicit Scratch(Allocator &allocator) : allocator(allocator) {}
  ~Scratch() { allocator.release(memory, bytes, 64); }
  Scratch(const Scratch &) = delete;
  Scratch &operator=(const Scratch &) = delete;

  template <typename T>
  T *get(int64_t count) {
    uint64_t wanted;
    if (__builtin_mul_overflow(uint64_t(count), sizeof(T), &wanted))
      return nullptr;
    bytes = size_t(wanted);
    memory = allocator.allocate(bytes, 64);
    return static_cast<T *>(memory);
  }

private:
  Allocator &allocator;
  void *memory = nullptr;
  size_t bytes = 0;
};

rmsn_status noMemory() {
  return fail(RMSN_STATUS_OUT_OF_MEMORY,
              "no memory for the panels of a matrix multiplication");
}

// What one call of a BLAS takes; also keeps the built-in code's blocks small.
constexpr int64_t kLargest = int64_t(1) << 30;
constexpr int64_t kPanelRows = 512;          // of k, in a packed piece of b
constexpr int64_t kPanelColumns = 512;       // of n, likewise
constexpr int64_t kPackWholeBelow = 1 << 20; // elements of b

// A matrix in the compute type as a BLAS takes it.
template <typename E>
struct Operand {
  const E *data = nullptr; // null: not direct
  int64_t batchStride = 0, ld = 0;
  bool transposed = false;
};

template <typename E>
class Multiplication {
public:
  Multiplication(MatmulBackend &backend, const Product &product)
      : backend(backend), p(product) {}

  rmsn_status run();

private:
  static constexpr rmsn_dtype kType =
      std::is_same_v<E, float> ? RMSN_DTYPE_F32 : RMSN_DTYPE_F64;

  Operand<E> direct(const Matrix &matrix, int64_t rows, int64_t columns) const;
  rmsn_status packWhole(const Matrix &matrix, int64_t rows, int64_t columns,
                        Scratch &scratch, Operand<E> &operand);
  rmsn_status runTask(int64_t task);
  rmsn_status runRows();
  rmsn_status runRowTask(int64_t task, const E *rows);
  void chooseBlocks();
  int32_t loop(int64_t count, double nanoseconds, rmsn_range_fn body,
               void *closure) {
    if (nanoseconds < 10000 ||
        (backend.blas && !(backend.blas->flags & RMSN_BLAS_SINGLE_THREADED)))
      return body(closure, 0, count);
    return backend.context.parallelFor(count, 1, body, closure);
  }

  MatmulBackend &backend;
  const Product &p;
  Operand<E> a, b;
  bool cDirect = false;
  int64_t mBlock = 0, nBlock = 0, mBlocks = 0, nBlocks = 0;
};

template <typename E>
Operand<E> Multiplication<E>::direct(const Matrix &matrix, int64_t rows,
                                     int64_t columns) const {
  Operand<E> operand;
  if (matrix.dtype != kType)
    return operand;
  bool rowMajor = (matrix.columnStride == 1 || columns == 1) &&
                  (rows == 1 || (matrix.rowStride >= columns &&
                                 matrix.rowStride <= kLargest));
  bool columnMajor = (matrix.rowStride == 1 || rows == 1) &&
                     (columns == 1 || (matrix.columnStride >= rows &&
                                       matrix.columnStride <= kLargest));
  // The built-in code knows no transposition.
  if (!rowMajor && (!columnMajor || !backend.blas))
    return operand;
  operand.data = reinterpret_cast<const E *>(matrix.data);
  operand.batchStride = matrix.batchStride;
  operand.transposed = !rowMajor;
  int64_t minimum = rowMajor ? columns : rows;
  int64_t stride = rowMajor ? matrix.rowStride : matrix.columnStride;
  bool single = rowMajor ? rows == 1 : columns == 1;
  operand.ld = single ? minimum : stride;
  return operand;
}

template <typename E>
rmsn_status Multiplication<E>::packWhole(const Matrix &matrix, int64_t rows,
                                         int64_t columns, Scratch &scratch,
                                         Operand<E> &operand) {
  int64_t batches = matrix.batchStride == 0 ? 1 : p.batch, count;
  if (__builtin_mul_overflow(rows, columns, &count) ||
      __builtin_mul_overflow(count, batches, &count))
    return noMemory();
  E *packed = scratch.get<E>(count);
  if (!packed)
    return noMemory();
  // Follows the order of the memory that is read.
  bool transposed = backend.blas && matrix.rowStride == 1 && rows > 1 &&
                    matrix.columnStride != 1;
  struct Closure {
    const MatmulBackend &backend;
    const Matrix &matrix;
    E *packed;
    int64_t lines, length;
    bool transposed;
  } closure{backend,
            matrix,
            packed,
            transposed ? columns : rows,
            transposed ? rows : columns,
            transposed};
  auto body = [](void *data, int64_t begin, int64_t end) -> int32_t {
    auto &c = *static_cast<Closure *>(data);
    for (int64_t line = begin; line < end; ++line) {
      int64_t batch = line / c.lines, at = line % c.lines;
      const char *from =
          c.transposed ? c.matrix.at(batch, 0, at) : c.matrix.at(batch, at, 0);
      int64_t stride =
          c.transposed ? c.matrix.rowStride : c.matrix.columnStride;
      widen(c.backend, c.matrix.dtype, from, stride, c.packed + line * c.length,
            c.length);
    }
    return 0;
  };
  loop(batches * closure.lines, double(count) * 0.5, body, &closure);
  operand.data = packed;
  operand.batchStride = batches == 1 ? 0 : rows * columns;
  operand.ld = closure.length;
  operand.transposed = transposed;
  return RMSN_STATUS_OK;
}

// Pieces of a few megaflops, whatever the number of threads.
template <typename E>
void Multiplication<E>::chooseBlocks() {
  constexpr double kTaskFlops = 4e6;
  mBlock = p.m;
  nBlock = p.n;
  bool split =
      !backend.blas || (backend.blas->flags & RMSN_BLAS_SINGLE_THREADED);
  double flops = 2.0 * double(p.m) * double(p.n) * double(p.k);
  double wanted =
      std::min(64.0, flops * double(p.batch) / kTaskFlops) / double(p.batch);
  if (split && wanted > 1) {
    int64_t pieces = int64_t(std::ceil(wanted));
    auto divide = [](int64_t extent, int64_t count, int64_t unit,
                     int64_t least) {
      int64_t block = (extent + count - 1) / count;
      return std::max(least, (block + unit - 1) / unit * unit);
    };
    if (p.n >= p.m || !b.data) {
      nBlock = std::min(p.n, divide(p.n, pieces, 64, 128));
      pieces /= (p.n + nBlock - 1) / nBlock;
      if (pieces > 1 && b.data)
        mBlock = std::min(p.m, divide(p.m, pieces, 32, 64));
    } else {
      mBlock = std::min(p.m, divide(p.m, pieces, 32, 64));
      pieces /= (p.m + mBlock - 1) / mBlock;
      if (pieces > 1)
        nBlock = std::min(p.n, divide(p.n, pieces, 64, 128));
    }
  }
  if (!b.data)
    nBlock = std::min(nBlock, kPanelColumns);
  // The built-in code reads b once for every four rows of c: it should stay in
  // cache.
  if (!backend.blas)
    nBlock = std::min(nBlock, kPanelColumns);
  mBlock = std::min(mBlock, kLargest);
  nBlock = std::min(nBlock, kLargest);
  mBlocks = (p.m + mBlock - 1) / mBlock;
  nBlocks = (p.n + nBlock - 1) / nBlock;
}

template <typename E>
rmsn_status Multiplication<E>::runTask(int64_t task) {
  int64_t nIndex = task % nBlocks, mIndex = task / nBlocks % mBlocks;
  int64_t batch = task / nBlocks / mBlocks;
  int64_t i0 = mIndex * mBlock, j0 = nIndex * nBlock;
  int64_t m = std::min(mBlock, p.m - i0), n = std::min(nBlock, p.n - j0);

  Allocator &allocator = *backend.context.allocator;
  Scratch cScratch(allocator), bScratch(allocator);
  E *c;
  int64_t ldc;
  if (cDirect) {
    c = reinterpret_cast<E *>(const_cast<char *>(p.c.at(batch, i0, j0)));
    ldc = p.m == 1 ? std::max(p.n, int64_t(1)) : p.c.rowStride;
  } else {
    c = cScratch.get<E>(m * n);
    ldc = n;
    if (!c)
      return noMemory();
  }
  int64_t kBlock = kLargest;
  E *panel = nullptr;
  bool panelTransposed = false;
  if (!b.data) {
    kBlock = kPanelRows;
    panelTransposed =
        backend.blas && p.b.rowStride == 1 && p.b.columnStride != 1;
    panel = bScratch.get<E>(std::min(kBlock, p.k) * n);
    if (!panel)
      return noMemory();
  } else if (!backend.blas) {
    kBlock = kPanelRows;
  }
  const E *aBase =
      a.data + batch * a.batchStride + (a.transposed ? i0 : i0 * a.ld);
  for (int64_t k0 = 0; k0 < p.k; k0 += kBlock) {
    int64_t k = std::min(kBlock, p.k - k0);
    const E *bPiece = panel;
    int64_t ldb = panelTransposed ? k : n;
    bool transB = panelTransposed;
    if (!panel) {
      transB = b.transposed;
      ldb = b.ld;
      bPiece = b.data + batch * b.batchStride +
               (transB ? j0 * ldb + k0 : k0 * ldb + j0);
    } else if (panelTransposed) {
      for (int64_t j = 0; j < n; ++j)
        widen(backend, p.b.dtype, p.b.at(batch, k0, j0 + j), p.b.rowStride,
              panel + j * k, k);
    } else {
      for (int64_t row = 0; row < k; ++row)
        widen(backend, p.b.dtype, p.b.at(batch, k0 + row, j0), p.b.columnStride,
              panel + row * n, n);
    }
    bool add = k0 > 0 || (cDirect && p.accumulate);
    gemm(backend, a.transposed, transB, m, n, k,
         aBase + (a.transposed ? k0 * a.ld : k0), a.ld, bPiece, ldb, add, c,
         ldc);
  }
  if (!cDirect)
    for (int64_t i = 0; i < m; ++i)
      narrow(backend, p.c.dtype, c + i * ldc,
             const_cast<char *>(p.c.at(batch, i0 + i, j0)), p.c.columnStride, n,
             p.accumulate);
  return RMSN_STATUS_OK;
}

// Few rows of a: the product is as fast as b can be read, so b is not packed
// but converted on the way.
constexpr int64_t kMostRows = 4;
constexpr int64_t kRowColumns = 256;

template <typename E>
rmsn_status Multiplication<E>::runRowTask(int64_t task, const E *rows) {
  if constexpr (std::is_same_v<E, float>) {
    int64_t blocks = (p.n + kRowColumns - 1) / kRowColumns;
    int64_t batch = task / blocks, j0 = task % blocks * kRowColumns;
    int64_t n = std::min(kRowColumns, p.n - j0);
    bool dots = p.b.rowStride == 1 && p.k > 1;
    float y[kMostRows][kRowColumns];
    const float *a = rows + (p.a.batchStride == 0 ? 0 : batch * p.m * p.k);
    if (dots) {
      constexpr int64_t step = 16;
      for (int64_t j = 0; j < n; j += step)
        for (int64_t i = 0; i < p.m; ++i)
          backend.kernels.dotRows(p.b.dtype, a + i * p.k,
                                  p.b.at(batch, 0, j0 + j), p.b.columnStride,
                                  std::min(step, n - j), p.k, y[i] + j);
    } else {
      // In pieces of k, so that the rows in use fit the TLB.
      constexpr int64_t step = 128;
      std::memset(y, 0, sizeof(y));
      for (int64_t k0 = 0; k0 < p.k; k0 += step)
        for (int64_t i = 0; i < p.m; ++i)
          backend.kernels.addRows(p.b.dtype, a + i * p.k + k0,
                                  p.b.at(batch, k0, j0), p.b.rowStride, n,
                                  std::min(step, p.k - k0), y[i]);
    }
    for (int64_t i = 0; i < p.m; ++i)
      narrow(backend, p.c.dtype, y[i], const_cast<char *>(p.c.at(batch, i, j0)),
             p.c.columnStride, n, p.accumulate);
  }
  return RMSN_STATUS_OK;
}

template <typename E>
rmsn_status Multiplication<E>::runRows() {
  Scratch scratch(*backend.context.allocator);
  int64_t batches = p.a.batchStride == 0 ? 1 : p.batch, count;
  if (__builtin_mul_overflow(p.m * p.k, batches, &count))
    return noMemory();
  const E *rows = reinterpret_cast<const E *>(p.a.data);
  bool isDirect = p.a.dtype == kType && (p.k == 1 || p.a.columnStride == 1) &&
                  (p.m == 1 || p.a.rowStride == p.k) &&
                  (batches == 1 || p.a.batchStride == p.m * p.k);
  if (!isDirect) {
    E *copy = scratch.get<E>(count);
    if (!copy)
      return noMemory();
    for (int64_t i = 0; i < batches * p.m; ++i)
      widen(backend, p.a.dtype, p.a.at(i / p.m, i % p.m, 0), p.a.columnStride,
            copy + i * p.k, p.k);
    rows = copy;
  }
  struct Closure {
    Multiplication &self;
    const E *rows;
  } closure{*this, rows};
  int64_t tasks = (p.n + kRowColumns - 1) / kRowColumns * p.batch;
  double bytes = double(p.batch) * double(p.n) * double(p.k) *
                 double(dtypeSize(p.b.dtype));
  // About ten bytes come from memory in a nanosecond.
  return rmsn_status(loop(
      tasks, bytes * 0.1,
      [](void *data, int64_t begin, int64_t end) -> int32_t {
        auto &c = *static_cast<Closure *>(data);
        for (int64_t task = begin; task < end; ++task)
          RMSN_TRY(c.self.runRowTask(task, c.rows));
        return 0;
      },
      &closure));
}

template <typename E>
rmsn_status Multiplication<E>::run() {
  bool narrowB = p.b.dtype != kType;
  if (std::is_same_v<E, float> &&
      (p.b.rowStride == 1 || p.b.columnStride == 1) &&
      (p.m == 1 || (p.m <= kMostRows && narrowB)))
    return runRows();

  Scratch aScratch(*backend.context.allocator),
      bScratch(*backend.context.allocator);
  a = direct(p.a, p.m, p.k);
  if (!a.data)
    RMSN_TRY(packWhole(p.a, p.m, p.k, aScratch, a));
  b = direct(p.b, p.k, p.n);
  if (!b.data) {
    double elements = double(p.k) * double(p.n) *
                      (p.b.batchStride == 0 ? 1.0 : double(p.batch));
    if (elements <= double(kPackWholeBelow))
      RMSN_TRY(packWhole(p.b, p.k, p.n, bScratch, b));
  }
  cDirect = p.c.dtype == kType && (p.c.columnStride == 1 || p.n == 1) &&
            (p.m == 1 || (p.c.rowStride >= p.n && p.c.rowStride <= kLargest));
  chooseBlocks();
  double flops =
      2.0 * double(p.batch) * double(p.m) * double(p.n) * double(p.k);
  // Failures of workers are theirs, so the status carries no message here.
  int32_t status = loop(
      p.batch * mBlocks * nBlocks, flops / 20,
      [](void *data, int64_t begin, int64_t end) -> int32_t {
        auto &self = *static_cast<Multiplication *>(data);
        for (int64_t task = begin; task < end; ++task)
          RMSN_TRY(self.runTask(task));
        return 0;
      },
      this);
  return status ? noMemory() : RMSN_STATUS_OK;
}

} // namespace

void rmsn::clear(const Product &product) {
  const Matrix &c = product.c;
  size_t size = dtypeSize(c.dtype);
  // All bits zero is 0.0 in every type.
  for (int64_t b = 0; b < product.batch; ++b)
    for (int64_t i = 0; i < product.m; ++i)
      for (int64_t j = 0; j < product.n; ++j)
        std::memset(const_cast<char *>(c.at(b, i, j)), 0, size);
}

rmsn_status rmsn::multiplyF32(MatmulBackend &backend, const Product &product) {
  return Multiplication<float>(backend, product).run();
}

rmsn_status rmsn::multiplyF64(MatmulBackend &backend, const Product &product) {
  return Multiplication<double>(backend, product).run();
}
