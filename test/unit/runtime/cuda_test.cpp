// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Calls on the GPU, with a driver that stands in for NVIDIA's (fake_cuda.c),
// found through LD_LIBRARY_PATH: see CMakeLists.txt.

#include "cuda/modules.h"
#include "test_support.h"

#include <cmath>
#include <dlfcn.h>

using namespace rmsn_test;
namespace writer = rmsn::writer;

namespace {

template <typename T>
T &fake(const char *name) {
  static void *library = dlopen("libcuda.so.1", RTLD_NOW);
  void *symbol = library ? dlsym(library, name) : nullptr;
  if (!symbol) {
    ADD_FAILURE() << "the stand-in for the CUDA driver was not found; run this "
                     "program through ctest";
    abort();
  }
  return *static_cast<T *>(symbol);
}

const DLDevice kCuda = {kDLCUDA, 0}, kCpu = {kDLCPU, 0};

writer::Artifact gpuArtifact() {
  static const char ptx80[] = "ptx 80", ptx90[] = "ptx 90",
                    cubin80[] = "cubin 80", cubin90[] = "cubin 90";
  static const float weight[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  writer::Artifact artifact;
  auto blob = [&](writer::BlobKind kind, const char *arch, const char *image) {
    writer::Blob b;
    b.kind = kind;
    b.target = std::string("nvptx:") + arch;
    b.arch = arch;
    b.bytes = {image, strlen(image)};
    artifact.blobs.push_back(b);
  };
  blob(writer::BlobKind::Ptx, "compute_80", ptx80);
  blob(writer::BlobKind::Cubin, "sm_80", cubin80);
  blob(writer::BlobKind::Ptx, "compute_90", ptx90);
  blob(writer::BlobKind::Cubin, "sm_90", cubin90);
  writer::Constant constant;
  constant.name = "weight";
  constant.dtype = RMSN_DTYPE_F32;
  constant.shape = {8};
  constant.bytes = {weight, sizeof(weight)};
  artifact.constants.push_back(constant);

  auto f32 = RMSN_DTYPE_F32;
  writer::Value eps;
  eps.name = "eps";
  eps.isScalar = true;
  eps.dtype = f32;
  writer::GpuKernel kernel;
  kernel.name = "norm_kernel";
  kernel.symbol = "norm_kernel_sym";
  kernel.operands = {
      tensorValue("x", f32, {-1, -1}, {0, 1}, writer::Layout::InnerContiguous),
      tensorValue("weight", f32, {-1}, {1}), eps,
      tensorValue("y", f32, {-1, -1}, {0, 1})};
  kernel.numInputs = 3;
  kernel.extentOperand = {0, 0};
  kernel.extentDim = {0, 1};
  kernel.numRowDims = 1;
  kernel.rowsPerBlock = 4;
  kernel.blockX = 128;
  kernel.sharedBytes = 64;
  kernel.blobs = {0, 1, 2, 3};
  artifact.gpuKernels.push_back(kernel);

  // Twice the norm, with a temporary in between; weight is a constant.
  writer::Function f;
  f.name = "twice";
  f.args = {
      tensorValue("x", f32, {-1, 8}, {0, -1}, writer::Layout::InnerContiguous),
      eps};
  f.results = {tensorValue("y", f32, {-1, 8}, {0, -1})};
  f.hasGpu = true;
  writer::GpuTemporary temporary;
  temporary.dtype = f32;
  temporary.shape = {-1, 8};
  temporary.argOf = {0, 0};
  temporary.dimOf = {0, 0};
  f.gpu.temporaries = {temporary};
  f.gpu.launches = {{0,
                     {{writer::RefKind::Argument, 0},
                      {writer::RefKind::Constant, 0},
                      {writer::RefKind::Argument, 1},
                      {writer::RefKind::Temporary, 0}}},
                    {0,
                     {{writer::RefKind::Temporary, 0},
                      {writer::RefKind::Constant, 0},
                      {writer::RefKind::Argument, 1},
                      {writer::RefKind::Result, 0}}}};
  artifact.functions.push_back(f);
  f.name = "with_matmul";
  f.gpu = {};
  f.gpu.unsupported = "linalg.matmul";
  artifact.functions.push_back(f);
  f.name = "cpu_only";
  f.hasGpu = false;
  artifact.functions.push_back(f);
  return artifact;
}

class CudaTest : public ::testing::Test {
protected:
  // Device memory of the stand-in is host memory, so a tensor only has to say
  // that it is on the device.
  CudaTest() {
    for (Tensor *tensor : {&x, &g, &y})
      tensor->tensor.device = kCuda;
    x.fill(-3, 0.5f);
    g.fill(1, 1);
  }
  ~CudaTest() override {
    artifact.reset();
    context.reset();
    EXPECT_EQ(fake<int>("fake_live_allocations"), 0);
    EXPECT_EQ(fake<int>("fake_modules"), 0);
    EXPECT_EQ(fake<int>("fake_contexts"), 0);
    EXPECT_EQ(fake<int>("fake_pushed"), 0);
  }

  std::vector<double> normed(std::vector<double> in) {
    for (size_t i = 0; i < 5; ++i) {
      double sum = 0;
      for (size_t j = 0; j < 8; ++j)
        sum += in[8 * i + j] * in[8 * i + j];
      for (size_t j = 0; j < 8; ++j)
        in[8 * i + j] *= double(j + 1) / std::sqrt(sum / 8 + 1e-6);
    }
    return in;
  }
  std::vector<double> values(Tensor &tensor) {
    std::vector<double> all;
    for (int64_t i = 0; i < 5; ++i)
      for (int64_t j = 0; j < 8; ++j)
        all.push_back(tensor.at(i, j));
    return all;
  }
  void expectNear(const std::vector<double> &got,
                  const std::vector<double> &expected) {
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_NEAR(got[i], expected[i], 1e-4) << i;
  }

  Context context = makeContext();
  std::vector<char> bytes = written(gpuArtifact());
  Artifact artifact = openBytes(context.get(), bytes);
  Tensor x{{5, 8}}, g{{8}}, y{{5, 8}, RMSN_DTYPE_F32, {24, 3}};
  Scalar<float> eps{1e-6f, RMSN_DTYPE_F32};
};

TEST_F(CudaTest, AKernelIsAnEntry) {
  rmsn_function *kernel = lookup(artifact, "norm_kernel");
  rmsn_call_options options = {};
  options.struct_size = sizeof(options);
  options.stream = &options;
  ASSERT_OK(
      call(kernel, {&x.tensor, &g.tensor, &eps.tensor}, {&y.tensor}, &options));
  expectNear(values(y), normed(values(x)));
  EXPECT_EQ(fake<unsigned>("fake_grid"), 2u); // 5 rows, 4 a block
  EXPECT_EQ(fake<unsigned>("fake_block"), 128u);
  EXPECT_EQ(fake<unsigned>("fake_shared"), 64u);
  EXPECT_EQ(fake<void *>("fake_stream"), &options);
  // The exact cubin, not PTX nor the older one.
  EXPECT_STREQ(&fake<char>("fake_image"), "cubin 90");
}

TEST_F(CudaTest, FunctionsLaunchSeveralKernels) {
  rmsn_function *twice = lookup(artifact, "twice");
  ASSERT_OK(call(twice, {&x.tensor, &eps.tensor}, {&y.tensor}));
  expectNear(values(y), normed(normed(values(x))));
  // Into memory that the runtime allocates.
  const DLTensor *args[] = {&x.tensor, &eps.tensor};
  DLManagedTensor *owned[1] = {};
  ASSERT_OK(rmsn_call(twice, args, 2, nullptr, 1, owned, nullptr));
  Owned result(owned[0]);
  EXPECT_EQ(result->dl_tensor.device.device_type, kDLCUDA);
  Tensor host({5, 8});
  ASSERT_OK(rmsn_device_copy(context.get(), host.data(), kCpu,
                             result->dl_tensor.data, kCuda, 5 * 8 * 4,
                             nullptr));
  expectNear(values(host), normed(normed(values(x))));
}

TEST_F(CudaTest, LaunchesLeaveOutAndAddExtentsOfOne) {
  writer::Artifact description = gpuArtifact();
  // Between a tensor of [5, 1, 8] and one of [1, 5, 8, 1]: what the kernel
  // knows as rows and columns.
  writer::Function f = description.functions[0];
  f.name = "spread";
  f.args[0] = tensorValue("x", RMSN_DTYPE_F32, {-1, 1, 8}, {0, -1, -1},
                          writer::Layout::InnerContiguous);
  f.results[0] =
      tensorValue("y", RMSN_DTYPE_F32, {1, -1, 8, 1}, {-1, 0, -1, -1});
  f.gpu.temporaries.clear();
  f.gpu.launches = {{0,
                     {{writer::RefKind::Argument, 0},
                      {writer::RefKind::Constant, 0},
                      {writer::RefKind::Argument, 1},
                      {writer::RefKind::Result, 0}}}};
  description.functions.push_back(f);
  Artifact other = openBytes(context.get(), written(description));
  Tensor in({5, 1, 8}), out({1, 5, 8, 1});
  in.tensor.device = out.tensor.device = kCuda;
  std::memcpy(in.data(), x.data(), 5 * 8 * 4);
  ASSERT_OK(
      call(lookup(other, "spread"), {&in.tensor, &eps.tensor}, {&out.tensor}));
  std::vector<double> got;
  for (int i = 0; i < 5 * 8; ++i)
    got.push_back(static_cast<float *>(out.data())[i]);
  expectNear(got, normed(values(x)));
  // Other differences are refused when the artifact is opened.
  description.functions.back().args[0].shape = {-1, 2, 8};
  std::vector<char> wrong;
  std::string error;
  if (!writer::writeToMemory(description, wrong, error))
    return;
  rmsn_artifact *opened = nullptr;
  EXPECT_STATUS(rmsn_artifact_open_memory(context.get(), wrong.data(),
                                          wrong.size(), RMSN_MEMORY_COPY,
                                          &opened),
                CORRUPT_ARTIFACT, "another type");
}

TEST_F(CudaTest, Plans) {
  const DLTensor *args[] = {&x.tensor, &eps.tensor}, *results[] = {&y.tensor};
  rmsn_plan *made = nullptr;
  ASSERT_OK(rmsn_plan_create(lookup(artifact, "twice"), args, 2, results, 1,
                             nullptr, &made));
  Plan plan(made);
  for (int n = 0; n < 3; ++n) {
    x.fill(float(n), 0.5f);
    ASSERT_OK(rmsn_plan_run(plan.get()));
    expectNear(values(y), normed(normed(values(x))));
  }
}

TEST_F(CudaTest, Clusters) {
  writer::Artifact description = gpuArtifact();
  description.gpuKernels[0].clusterX = 2;
  Artifact clustered = openBytes(context.get(), written(description));
  ASSERT_OK(call(lookup(clustered, "norm_kernel"),
                 {&x.tensor, &g.tensor, &eps.tensor}, {&y.tensor}));
  EXPECT_EQ(fake<int>("fake_clusters"), 2);
  EXPECT_EQ(fake<unsigned>("fake_grid"), 4u);
  expectNear(values(y), normed(values(x)));
}

TEST_F(CudaTest, NoRowsNoLaunch) {
  Tensor none({0, 8}), out({0, 8});
  none.tensor.device = out.tensor.device = kCuda;
  int before = fake<int>("fake_launches");
  ASSERT_OK(call(lookup(artifact, "norm_kernel"),
                 {&none.tensor, &g.tensor, &eps.tensor}, {&out.tensor}));
  EXPECT_EQ(fake<int>("fake_launches"), before);
}

TEST_F(CudaTest, Refusals) {
  rmsn_function *kernel = lookup(artifact, "norm_kernel");
  EXPECT_STATUS(call(lookup(artifact, "with_matmul"), {&x.tensor, &eps.tensor},
                     {&y.tensor}),
                UNSUPPORTED, "linalg.matmul");
  EXPECT_STREQ(rmsn_function_gpu_unsupported(lookup(artifact, "with_matmul")),
               "linalg.matmul");
  EXPECT_STATUS(
      call(lookup(artifact, "cpu_only"), {&x.tensor, &eps.tensor}, {&y.tensor}),
      UNSUPPORTED, "no GPU code");
  Tensor spread({5, 8}, RMSN_DTYPE_F32, {16, 2});
  spread.tensor.device = kCuda;
  EXPECT_STATUS(
      call(kernel, {&spread.tensor, &g.tensor, &eps.tensor}, {&y.tensor}),
      WRONG_STRIDE, "argument 0", "nothing is packed");
  DLTensor elsewhere = x.tensor;
  elsewhere.device.device_id = 3;
  EXPECT_STATUS(call(kernel, {&elsewhere, &g.tensor, &eps.tensor}, {&y.tensor}),
                WRONG_DEVICE, "cuda:0", "cuda:3");
  DLTensor all[3] = {x.tensor, g.tensor, y.tensor};
  for (DLTensor &tensor : all)
    tensor.device.device_id = 3;
  EXPECT_STATUS(call(kernel, {&all[0], &all[1], &eps.tensor}, {&all[2]}),
                NO_DEVICE, "cuda:3");
  for (DLTensor &tensor : all)
    tensor.device = kCpu;
  EXPECT_STATUS(call(kernel, {&all[0], &all[1], &eps.tensor}, {&all[2]}),
                WRONG_DEVICE, "GPU kernel");
  // More blocks than the device's grid has (1000).
  Tensor many({4001, 1}), out({4001, 1}), one({1});
  for (Tensor *tensor : {&many, &out, &one})
    tensor->tensor.device = kCuda;
  EXPECT_STATUS(
      call(kernel, {&many.tensor, &one.tensor, &eps.tensor}, {&out.tensor}),
      WRONG_EXTENT, "1000 blocks");
}

TEST_F(CudaTest, NoCodeForThisDevice) {
  writer::Artifact description = gpuArtifact();
  description.gpuKernels[0].blobs = {1}; // sm_80 cubin on an sm_90 device
  Artifact old = openBytes(context.get(), written(description));
  EXPECT_STATUS(call(lookup(old, "norm_kernel"),
                     {&x.tensor, &g.tensor, &eps.tensor}, {&y.tensor}),
                NO_VARIANT, "sm_90", "sm_80");
  description = gpuArtifact();
  description.blobs[3].bytes = {"broken", 6};
  Artifact broken = openBytes(context.get(), written(description));
  EXPECT_STATUS(call(lookup(broken, "norm_kernel"),
                     {&x.tensor, &g.tensor, &eps.tensor}, {&y.tensor}),
                DEVICE_ERROR, "ptxas says no", "sm_90");
  description = gpuArtifact();
  description.gpuKernels[0].symbol = "other";
  Artifact missing = openBytes(context.get(), written(description));
  EXPECT_STATUS(call(lookup(missing, "norm_kernel"),
                     {&x.tensor, &g.tensor, &eps.tensor}, {&y.tensor}),
                DEVICE_ERROR, "find a GPU kernel");
}

TEST_F(CudaTest, EveryDeviceAllocationMayFail) {
  const DLTensor *args[] = {&x.tensor, &eps.tensor};
  int failures = 0;
  for (int n = 0; n < 10; ++n) {
    Artifact fresh = openBytes(context.get(), bytes);
    fake<int>("fake_fail_alloc") = n;
    DLManagedTensor *owned[1] = {};
    rmsn_status status =
        rmsn_call(lookup(fresh, "twice"), args, 2, nullptr, 1, owned, nullptr);
    bool failed = fake<int>("fake_fail_alloc") < 0;
    fake<int>("fake_fail_alloc") = -1;
    EXPECT_EQ(status, failed ? RMSN_STATUS_OUT_OF_MEMORY : RMSN_STATUS_OK);
    EXPECT_EQ(owned[0] != nullptr, !failed);
    failures += failed;
    if (owned[0])
      owned[0]->deleter(owned[0]);
    fresh.reset();
    EXPECT_EQ(fake<int>("fake_live_allocations"), 0);
    if (!failed)
      break;
  }
  EXPECT_EQ(failures, 3); // result, temporary, constant
}

TEST_F(CudaTest, DeviceFunctions) {
  ASSERT_OK(rmsn_device_check(context.get(), kCuda));
  EXPECT_STATUS(rmsn_device_check(context.get(), {kDLCUDA, 1}), NO_DEVICE,
                "cuda:1", "1 CUDA device");
  EXPECT_STATUS(rmsn_device_check(context.get(), {kDLMetal, 0}), NO_DEVICE,
                "type 8");
  char name[64];
  ASSERT_OK(rmsn_device_name(context.get(), kCuda, name, sizeof(name)));
  EXPECT_STREQ(name, "Fake GPU, sm_90");
  for (DLDevice device : {kCuda, kCpu}) {
    void *memory = nullptr;
    ASSERT_OK(rmsn_device_alloc(context.get(), device, 100, &memory));
    ASSERT_OK(rmsn_device_copy(context.get(), memory, device, "hello", kCpu, 6,
                               nullptr));
    char back[6];
    ASSERT_OK(rmsn_device_copy(context.get(), back, kCpu, memory, device, 6,
                               nullptr));
    EXPECT_STREQ(back, "hello");
    ASSERT_OK(rmsn_device_synchronize(context.get(), device, nullptr));
    ASSERT_OK(rmsn_device_free(context.get(), device, memory));
  }
}

TEST(GpuArchTest, WhatRunsWhere) {
  auto runs = [](rmsn_variant_kind kind, const char *arch, int major,
                 int minor) {
    int rank;
    return rmsn::gpuArchRuns(kind, arch, major, minor, rank);
  };
  auto cubin = RMSN_VARIANT_CUBIN, ptx = RMSN_VARIANT_PTX;
  EXPECT_TRUE(runs(cubin, "sm_80", 8, 0));
  EXPECT_TRUE(runs(cubin, "sm_80", 8, 6));
  EXPECT_FALSE(runs(cubin, "sm_86", 8, 0));
  EXPECT_FALSE(runs(cubin, "sm_80", 9, 0));
  EXPECT_TRUE(runs(cubin, "sm_100", 10, 3));
  EXPECT_TRUE(runs(cubin, "sm_90a", 9, 0));
  EXPECT_FALSE(runs(cubin, "sm_100a", 10, 3));
  EXPECT_TRUE(runs(cubin, "sm_100f", 10, 3));
  EXPECT_TRUE(runs(ptx, "compute_80", 12, 0));
  EXPECT_FALSE(runs(ptx, "compute_90", 8, 9));
  EXPECT_FALSE(runs(ptx, "compute_90a", 10, 0));
  EXPECT_FALSE(runs(ptx, "compute_100f", 12, 0));
  for (const char *nonsense :
       {"", "sm", "sm_", "sm_x", "90", "sm_90z", "sm_-9"})
    EXPECT_FALSE(runs(cubin, nonsense, 9, 0)) << nonsense;
}

} // namespace
