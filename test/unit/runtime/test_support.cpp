// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "test_support.h"

#include <filesystem>
#include <fstream>
#include <map>

using namespace rmsn_test;
using namespace rmsn::writer;

std::string rmsn_test::testFile(const std::string &name) {
  return std::string(RMSN_TEST_FOLDER) + "/" + name;
}

std::vector<char> rmsn_test::readFile(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void rmsn_test::writeFile(const std::string &path, const void *data,
                          size_t size) {
  std::ofstream out(path, std::ios::binary);
  out.write(static_cast<const char *>(data), std::streamsize(size));
}

const std::vector<char> &rmsn_test::blobFile(const std::string &name) {
  static std::map<std::string, std::vector<char>> files;
  auto &file = files[name];
  if (file.empty())
    file = readFile(testFile(name));
  EXPECT_FALSE(file.empty()) << name;
  return file;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = ::testing::TempDir() + "rmsn-XXXXXX";
  path = mkdtemp(name.data());
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path); }

Value rmsn_test::tensorValue(const std::string &name, rmsn_dtype dtype,
                             std::vector<int64_t> shape,
                             std::vector<int32_t> symbols, Layout layout) {
  Value value;
  value.name = name;
  value.dtype = dtype;
  value.shape = std::move(shape);
  value.symbols = std::move(symbols);
  value.layout = layout;
  return value;
}

rmsn::writer::Artifact rmsn_test::basicArtifact(const std::string &blob) {
  static const float constant[4] = {10, 20, 30, 40};
  rmsn::writer::Artifact artifact;
  artifact.producer = "runtime tests";
  Constant c;
  c.name = "ramp";
  c.dtype = RMSN_DTYPE_F32;
  c.shape = {4};
  c.bytes = {constant, sizeof(constant)};
  artifact.constants.push_back(c);

  auto f32 = RMSN_DTYPE_F32;
  auto add = [&](const char *name, std::vector<Value> args,
                 std::vector<Value> results) -> Function & {
    Function f;
    f.name = f.entrySymbol = name;
    f.args = std::move(args);
    f.results = std::move(results);
    artifact.functions.push_back(f);
    return artifact.functions.back();
  };
  auto vector = [&](const char *name) { return tensorValue(name, f32, {-1}); };
  auto scalar = [&](const char *name, rmsn_dtype dtype) {
    Value value;
    value.name = name;
    value.isScalar = true;
    value.dtype = dtype;
    return value;
  };
  add("variant", {}, {tensorValue("which", f32, {1})});
  Function &norm =
      add("norm",
          {tensorValue("x", f32, {-1, -1}, {0, 1}, Layout::InnerContiguous),
           tensorValue("weight", f32, {-1}, {1}, Layout::InnerContiguous)},
          {tensorValue("y", f32, {-1, -1}, {0, 1}, Layout::InnerContiguous)});
  norm.results[0].mayAlias = {0};
  Function &constants =
      add("add_constant",
          {tensorValue("x", f32, {-1, 4}, {0, -1}, Layout::Contiguous)},
          {tensorValue("y", f32, {-1, 4}, {0, -1}, Layout::Contiguous)});
  constants.constants = {0};
  constants.args[0].alignment = constants.results[0].alignment = 64;
  Function &mutate = add(
      "mutate",
      {tensorValue("x", f32, {-1}, {0}, Layout::Contiguous), scalar("s", f32)},
      {tensorValue("old", f32, {-1}, {0})});
  mutate.args[0].isMutable = true;
  add("concat", {vector("a"), vector("b")}, {vector("y")}).shapeSymbol =
      "concat_shape";
  Function &impossible = add("impossible", {vector("x")}, {vector("y")});
  impossible.entrySymbol = "identity";
  impossible.shapeSymbol = "impossible_shape";
  Function &range = add("range", {scalar("count", RMSN_DTYPE_I64)},
                        {vector("all"), vector("half")});
  range.results[0].calleeAllocated = range.results[1].calleeAllocated = true;
  add("identity", {vector("x")}, {vector("y")}).results[0].calleeAllocated =
      true;
  add("leaky", {vector("x")}, {tensorValue("y", f32, {1})});
  add("silent_failure", {}, {});
  add("too_much", {}, {});
  add("bad_free", {vector("x")}, {});
  add("fail_in_loop", {vector("x")}, {});
  add("allocate_in_loop", {}, {});
  for (rmsn_dtype dtype : {RMSN_DTYPE_F16, RMSN_DTYPE_BF16})
    add(dtype == RMSN_DTYPE_F16 ? "negate_f16" : "negate_bf16",
        {tensorValue("x", dtype, {-1}, {0})},
        {tensorValue("y", dtype, {-1}, {0})})
        .entrySymbol = "negate16";
  add("multiply",
      {tensorValue("a", f32, {-1, -1}, {0, 1}),
       tensorValue("b", f32, {-1, -1}, {1, 2})},
      {tensorValue("c", f32, {-1, -1}, {0, 2})});
  add("nowhere", {}, {}).entrySymbol = "no_such_symbol";
  add("only_gpu", {}, {}).entrySymbol = "";

  Blob code;
  code.kind = BlobKind::Elf;
  code.target = "cpu:test";
#if defined(__x86_64__)
  code.arch = "x86-64";
#else
  code.arch = "aarch64";
#endif
  const std::vector<char> &bytes = blobFile(blob);
  code.bytes = {bytes.data(), bytes.size()};
  artifact.blobs.push_back(code);
  return artifact;
}

std::vector<char> rmsn_test::written(const rmsn::writer::Artifact &artifact) {
  std::vector<char> bytes;
  std::string error;
  EXPECT_TRUE(writeToMemory(artifact, bytes, error)) << error;
  return bytes;
}

rmsn_test::Context rmsn_test::makeContext(uint32_t threads,
                                          const rmsn_allocator *allocator) {
  rmsn_context_options options = {};
  options.struct_size = sizeof(options);
  options.num_threads = threads;
  options.allocator = allocator;
  options.cache_directory = "";
  rmsn_context *context = nullptr;
  EXPECT_EQ(rmsn_context_create(&options, &context), 0) << rmsn_last_error();
  return Context(context);
}

rmsn_test::Artifact rmsn_test::openBytes(rmsn_context *context,
                                         const std::vector<char> &bytes) {
  rmsn_artifact *artifact = nullptr;
  EXPECT_EQ(rmsn_artifact_open_memory(context, bytes.data(), bytes.size(), 0,
                                      &artifact),
            0)
      << rmsn_last_error();
  return rmsn_test::Artifact(artifact);
}

rmsn_function *rmsn_test::lookup(const rmsn_test::Artifact &artifact,
                                 const char *name) {
  rmsn_function *function = nullptr;
  EXPECT_EQ(rmsn_function_lookup(artifact.get(), name, &function), 0)
      << rmsn_last_error();
  return function;
}

Tensor::Tensor(std::vector<int64_t> extents, rmsn_dtype dtype,
               std::vector<int64_t> given, int64_t offset)
    : shape(std::move(extents)), strides(std::move(given)) {
  if (strides.empty()) {
    strides.resize(shape.size());
    int64_t run = 1;
    for (size_t i = shape.size(); i-- > 0;) {
      strides[i] = run;
      run *= shape[i];
    }
  }
  int64_t low = 0, high = 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    int64_t reach = (shape[i] - 1) * strides[i];
    (reach < 0 ? low : high) += reach;
  }
  int64_t size = int64_t(rmsn_dtype_size(dtype));
  memory.resize(size_t((high - low + 1) * size + offset + 128));
  auto base = reinterpret_cast<uintptr_t>(memory.data());
  base = (base + 63) / 64 * 64;
  tensor.data = reinterpret_cast<char *>(base) - low * size + offset;
  tensor.device = {kDLCPU, 0};
  tensor.ndim = int32_t(shape.size());
  tensor.dtype = rmsn_dtype_to_dlpack(dtype);
  tensor.shape = shape.data();
  tensor.strides = strides.data();
}

void Tensor::fill(float start, float step) {
  int64_t rows = shape.empty() ? 1 : shape[0];
  int64_t columns = shape.size() > 1 ? shape[1] : 1;
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      data()[i * strides[0] + (shape.size() > 1 ? j * strides[1] : 0)] =
          start + step * float(i * columns + j);
}

rmsn_status rmsn_test::call(rmsn_function *function,
                            const std::vector<const DLTensor *> &args,
                            const std::vector<const DLTensor *> &results,
                            const rmsn_call_options *options) {
  return rmsn_call(function, args.data(), args.size(), results.data(),
                   results.size(), nullptr, options);
}

CountingAllocator::CountingAllocator() {
  api.struct_size = sizeof(api);
  api.user = this;
  api.alloc = [](void *user, size_t bytes, size_t alignment) -> void * {
    auto &self = *static_cast<CountingAllocator *>(user);
    int64_t left = self.failAfter.load();
    while (left >= 0 && !self.failAfter.compare_exchange_weak(left, left - 1)) {
    }
    if (left == 0)
      return nullptr;
    if (alignment < 64)
      alignment = 64;
    if (bytes > (size_t(1) << 40))
      return nullptr;
    void *memory =
        aligned_alloc(alignment, (bytes + alignment) / alignment * alignment);
    if (memory) {
      self.live += int64_t(bytes);
      ++self.total;
    }
    return memory;
  };
  api.free = [](void *user, void *pointer, size_t bytes, size_t) {
    static_cast<CountingAllocator *>(user)->live -= int64_t(bytes);
    free(pointer);
  };
}
