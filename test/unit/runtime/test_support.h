// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// What all tests of the runtime need: artifacts around hand-made code, tensors,
// and handles that close themselves.

#ifndef RMSNORM_TEST_RUNTIME_TESTSUPPORT_H
#define RMSNORM_TEST_RUNTIME_TESTSUPPORT_H

#include "format/writer.h"
#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace rmsn_test {

/// The bytes of a file that the build made in the tests' folder.
const std::vector<char> &blobFile(const std::string &name);
std::string testFile(const std::string &name);

/// A folder that is removed at the end.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string path;
};

void writeFile(const std::string &path, const void *data, size_t size);
std::vector<char> readFile(const std::string &path);

rmsn::writer::Value
tensorValue(const std::string &name, rmsn_dtype dtype,
            std::vector<int64_t> shape, std::vector<int32_t> symbols = {},
            rmsn::writer::Layout layout = rmsn::writer::Layout::Any);

/// All functions of blobs/basic.c in one artifact. `constants` must outlive the
/// writing.
rmsn::writer::Artifact basicArtifact(const std::string &blob = "basic.so");
std::vector<char> written(const rmsn::writer::Artifact &artifact);

struct ContextDeleter {
  void operator()(rmsn_context *c) const { rmsn_context_destroy(c); }
};
struct ArtifactDeleter {
  void operator()(rmsn_artifact *a) const { rmsn_artifact_close(a); }
};
struct PlanDeleter {
  void operator()(rmsn_plan *p) const { rmsn_plan_destroy(p); }
};
struct TensorDeleter {
  void operator()(DLManagedTensor *t) const { t->deleter(t); }
};
using Context = std::unique_ptr<rmsn_context, ContextDeleter>;
using Artifact = std::unique_ptr<rmsn_artifact, ArtifactDeleter>;
using Plan = std::unique_ptr<rmsn_plan, PlanDeleter>;
using Owned = std::unique_ptr<DLManagedTensor, TensorDeleter>;

Context makeContext(uint32_t threads = 1,
                    const rmsn_allocator *allocator = nullptr);
Artifact openBytes(rmsn_context *context, const std::vector<char> &bytes);
rmsn_function *lookup(const Artifact &artifact, const char *name);

/// A tensor with memory of its own.
struct Tensor {
  Tensor(std::vector<int64_t> shape, rmsn_dtype dtype = RMSN_DTYPE_F32,
         std::vector<int64_t> strides = {}, int64_t offset = 0);
  Tensor(const Tensor &) = delete;
  Tensor &operator=(const Tensor &) = delete;

  float &at(int64_t i) { return data()[i * strideOf(0)]; }
  float &at(int64_t i, int64_t j) {
    return data()[i * strideOf(0) + j * strideOf(1)];
  }
  float *data() { return static_cast<float *>(tensor.data); }
  int64_t strideOf(int dim) const { return strides[size_t(dim)]; }
  void fill(float start, float step);

  DLTensor tensor = {};
  std::vector<int64_t> shape, strides;
  std::vector<char> memory;
};

/// A scalar argument.
template <typename T>
struct Scalar {
  explicit Scalar(T v, rmsn_dtype dtype) : value(v) {
    tensor.data = &value;
    tensor.device = {kDLCPU, 0};
    tensor.dtype = rmsn_dtype_to_dlpack(dtype);
  }
  T value;
  DLTensor tensor = {};
};

rmsn_status call(rmsn_function *function,
                 const std::vector<const DLTensor *> &args,
                 const std::vector<const DLTensor *> &results,
                 const rmsn_call_options *options = nullptr);

/// Counts what is allocated and not yet freed, and fails on request.
struct CountingAllocator {
  CountingAllocator();
  rmsn_allocator api = {};
  std::atomic<int64_t> live{0}, total{0};
  std::atomic<int64_t> failAfter{-1}; // allocations until one fails; -1: never
};

} // namespace rmsn_test

/// Expects a status, and words that its message must have.
#define EXPECT_STATUS(expression, status, ...)                                 \
  do {                                                                         \
    rmsn_status got_ = (expression);                                           \
    EXPECT_STREQ(rmsn_status_name(got_), #status);                             \
    for (const char *word_ : {__VA_ARGS__})                                    \
      EXPECT_NE(std::string(rmsn_last_error()).find(word_), std::string::npos) \
          << "'" << word_ << "' is not in: " << rmsn_last_error();             \
  } while (0)

#define ASSERT_OK(expression)                                                  \
  do {                                                                         \
    rmsn_status got_ = (expression);                                           \
    ASSERT_EQ(got_, RMSN_STATUS_OK) << rmsn_last_error();                      \
  } while (0)

#endif // RMSNORM_TEST_RUNTIME_TESTSUPPORT_H
