//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Runs compiled row kernels on a GPU: checks rows against a float64 oracle and
/// times them next to a device-to-device copy of the same bytes.
///
///     rmsnorm-gpu-bench DIRECTORY [--json FILE] [--filter TEXT] [--repeat N]
///
/// DIRECTORY holds kernels.cubin (or kernels.ptx), kernels.txt and cases.txt.
/// Exit status 1 when a result is wrong.

#include "cases.h"
#include "driver.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace {

struct Tensor {
  OperandSpec spec;
  std::vector<int64_t> strides; // by dimension
  int64_t elements = 0;         // of the buffer, gaps included
  int64_t offset = 0;
  int64_t usefulBytes = 0;
  std::vector<uint8_t> host;
  CudaDriver::Pointer device = 0;

  /// Position of the element at a point of the kernel's space.
  int64_t position(const std::vector<int64_t> &point) const {
    int64_t at = offset;
    for (size_t d = 0; d < spec.dims.size(); ++d)
      if (spec.dims[d] >= 0)
        at += point[spec.dims[d]] * strides[d];
    return at;
  }
  double at(const std::vector<int64_t> &point) const {
    return decode(spec.dtype, &host[position(point) * bytesOf(spec.dtype)]);
  }
};

struct Timing {
  double kernel = 0, copy = 0; // microseconds, medians
};

struct Verdict {
  double worst = 0;     // ulps
  double differing = 0; // share not correctly rounded
  bool right = false;
};

class Bench {
public:
  Bench(const std::string &directory, int repeat);
  bool run(const CaseSpec &spec, std::string &json);

private:
  void place(Tensor &tensor, const CaseSpec &spec, const KernelSpec &kernel);
  void fill(Tensor &tensor, unsigned seed);
  Verdict verify(const CaseSpec &spec, const KernelSpec &kernel,
                 std::vector<Tensor> &tensors);
  void verifyRow(const CaseSpec &spec, const KernelSpec &kernel,
                 const std::vector<Tensor> &tensors,
                 std::vector<int64_t> &point, Verdict &verdict,
                 int64_t &checked, int64_t &differing);
  Timing measure(CudaDriver::Handle function, const KernelSpec &kernel,
                 unsigned grid, std::vector<void *> &parameters, size_t bytes);

  CudaDriver cuda;
  CudaDriver::Handle module = nullptr, stream = nullptr, begin = nullptr,
                     end = nullptr;
  CudaDriver::Pointer flush = 0, from = 0, to = 0;
  size_t copyCapacity = 0;
  static constexpr size_t flushBytes = size_t(512) << 20;
  std::map<std::string, KernelSpec> kernels;
  int repeat;
};

} // namespace

static std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

Bench::Bench(const std::string &directory, int repeat) : repeat(repeat) {
  std::string error;
  if (!cuda.load(error)) {
    std::fprintf(stderr, "no CUDA driver: %s\n", error.c_str());
    std::exit(2);
  }
  cuda.check(cuda.init(0), "cuInit");
  int device = 0;
  char name[256] = "";
  CudaDriver::Handle context = nullptr;
  cuda.check(cuda.deviceGet(&device, 0), "cuDeviceGet");
  cuda.check(cuda.deviceGetName(name, sizeof(name), device), "cuDeviceGetName");
  cuda.check(cuda.primaryContextRetain(&context, device),
             "cuDevicePrimaryCtxRetain");
  cuda.check(cuda.contextSetCurrent(context), "cuCtxSetCurrent");
  kernels = readKernels(directory + "/kernels.txt");
  std::string image = readFile(directory + "/kernels.cubin");
  const char *kind = "cubin";
  if (image.empty() || cuda.moduleLoadData(&module, image.data()) != 0) {
    kind = "ptx";
    image = readFile(directory + "/kernels.ptx");
    cuda.check(cuda.moduleLoadData(&module, image.c_str()), "cuModuleLoadData");
  }
  std::printf("%s, %s of %s\n", name, kind, directory.c_str());
  cuda.check(cuda.streamCreate(&stream, 1), "cuStreamCreate");
  cuda.check(cuda.eventCreate(&begin, 0), "cuEventCreate");
  cuda.check(cuda.eventCreate(&end, 0), "cuEventCreate");
  cuda.check(cuda.memAlloc(&flush, flushBytes), "cuMemAlloc");
}

//===----------------------------------------------------------------------===//
// Data
//===----------------------------------------------------------------------===//

void Bench::place(Tensor &tensor, const CaseSpec &spec,
                  const KernelSpec &kernel) {
  size_t rank = tensor.spec.dims.size();
  bool full = rank == kernel.loops;
  tensor.strides.assign(rank, 1);
  tensor.offset = full ? spec.offset : 0;
  int64_t stride = 1, useful = 1;
  for (size_t d = rank; d-- > 0;) {
    int loop = tensor.spec.dims[d];
    int64_t extent = loop < 0 ? 1 : spec.extents[loop];
    tensor.strides[d] = stride;
    stride *= extent;
    useful *= extent;
    if (full && d + 1 == rank)
      stride += spec.pad;
  }
  tensor.elements = stride + tensor.offset;
  tensor.usefulBytes = useful * bytesOf(tensor.spec.dtype);
  cuda.check(cuda.memAlloc(&tensor.device,
                           tensor.elements * bytesOf(tensor.spec.dtype) + 256),
             "cuMemAlloc");
}

/// Normal values with one outlier channel in a thousand, from a table whose
/// length is prime, so that rows differ.
void Bench::fill(Tensor &tensor, unsigned seed) {
  constexpr int64_t period = 1048573;
  unsigned bytes = bytesOf(tensor.spec.dtype);
  uint64_t state = seed * 0x9e3779b97f4a7c15u;
  auto uniform = [&] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state >> 11) / (uint64_t(1) << 53);
  };
  // Nearly normal: the sum of twelve uniform numbers.
  auto normal = [&] {
    double sum = -6;
    for (int i = 0; i < 12; ++i)
      sum += uniform();
    return sum;
  };
  std::vector<uint8_t> table(period * bytes);
  for (int64_t i = 0; i < period; ++i)
    encode(tensor.spec.dtype, normal() * (i % 1009 == 0 ? 30.0 : 1.0),
           &table[i * bytes]);
  tensor.host.resize(tensor.elements * bytes);
  for (int64_t i = 0; i < tensor.elements; i += period)
    std::memcpy(&tensor.host[i * bytes], table.data(),
                std::min(period, tensor.elements - i) * bytes);
  cuda.check(
      cuda.memcpyHtoD(tensor.device, tensor.host.data(), tensor.host.size()),
      "cuMemcpyHtoD");
}

//===----------------------------------------------------------------------===//
// Oracle
//===----------------------------------------------------------------------===//

void Bench::verifyRow(const CaseSpec &spec, const KernelSpec &kernel,
                      const std::vector<Tensor> &tensors,
                      std::vector<int64_t> &point, Verdict &verdict,
                      int64_t &checked, int64_t &differing) {
  unsigned next = 0;
  const Tensor &x = tensors[next++];
  const Tensor *residual = spec.residual ? &tensors[next++] : nullptr;
  const Tensor *scale = spec.scale ? &tensors[next++] : nullptr;
  const Tensor *bias = spec.bias ? &tensors[next++] : nullptr;
  const Tensor &y = tensors[kernel.inputs];
  const Tensor *sum = residual ? &tensors[kernel.inputs + 1] : nullptr;

  auto forEach = [&](auto callback) {
    std::fill(point.begin() + kernel.rowDims, point.end(), 0);
    for (;;) {
      callback();
      size_t d = point.size();
      for (;; --d) {
        if (d == kernel.rowDims)
          return;
        if (++point[d - 1] < spec.extents[d - 1])
          break;
        point[d - 1] = 0;
      }
    }
  };
  auto input = [&] {
    double value = x.at(point);
    if (residual)
      value += residual->at(point);
    return spec.roundSum ? roundTo(x.spec.dtype, value) : value;
  };
  auto compare = [&](const Tensor &tensor, double want, double magnitude) {
    double got = tensor.at(point);
    double error = std::fabs(got - want) / ulp(tensor.spec.dtype, magnitude);
    if (!(error <= verdict.worst)) // also catches NaN
      verdict.worst = std::isnan(error) ? INFINITY : error;
    ++checked;
    differing += got != roundTo(tensor.spec.dtype, want);
  };
  long double total = 0;
  int64_t count = 0;
  forEach([&] {
    double value = input();
    total += static_cast<long double>(value) * value;
    ++count;
  });
  long double root = sqrtl(total / count + spec.eps);
  forEach([&] {
    double value = static_cast<double>(input() / root);
    if (scale)
      value *= scale->at(point);
    double magnitude = std::fabs(value);
    if (bias) {
      double addend = bias->at(point);
      value += addend;
      magnitude = std::max({magnitude, std::fabs(addend), std::fabs(value)});
    }
    compare(y, value, magnitude);
    if (sum) {
      double added = x.at(point) + residual->at(point);
      compare(*sum, added, std::fabs(added));
    }
  });
}

/// Checks all rows of a small case, else the first, the last and some between.
Verdict Bench::verify(const CaseSpec &spec, const KernelSpec &kernel,
                      std::vector<Tensor> &tensors) {
  for (size_t i = kernel.inputs; i < tensors.size(); ++i)
    cuda.check(cuda.memcpyDtoH(tensors[i].host.data(), tensors[i].device,
                               tensors[i].host.size()),
               "cuMemcpyDtoH");
  int64_t rows = 1, length = 1;
  for (unsigned d = 0; d < kernel.loops; ++d)
    (d < kernel.rowDims ? rows : length) *= spec.extents[d];
  int64_t wanted =
      std::max<int64_t>(2, (int64_t(1) << 21) / std::max<int64_t>(length, 1));
  int64_t step = std::max<int64_t>(1, rows / wanted);
  Verdict verdict;
  int64_t checked = 0, differing = 0;
  std::vector<int64_t> point(kernel.loops, 0);
  auto checkRow = [&](int64_t row) {
    for (size_t d = kernel.rowDims; d-- > 0;) {
      point[d] = row % spec.extents[d];
      row /= spec.extents[d];
    }
    verifyRow(spec, kernel, tensors, point, verdict, checked, differing);
  };
  for (int64_t row = 0; row < rows; row += step)
    checkRow(row);
  if (rows > 0)
    checkRow(rows - 1);
  verdict.differing = checked ? double(differing) / checked : 0;
  bool half = bytesOf(tensors[kernel.inputs].spec.dtype) == 2;
  verdict.right = half ? verdict.worst <= 1.0 && verdict.differing <= 0.01
                       : verdict.worst <= 4.0;
  return verdict;
}

//===----------------------------------------------------------------------===//
// Time
//===----------------------------------------------------------------------===//

static double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2,
                   values.end());
  return values[values.size() / 2];
}

/// Kernel and copy by turns, each after everything else has been driven out of
/// L2.
Timing Bench::measure(CudaDriver::Handle function, const KernelSpec &kernel,
                      unsigned grid, std::vector<void *> &parameters,
                      size_t bytes) {
  size_t half = std::max<size_t>(bytes / 2, 16);
  if (half > copyCapacity) {
    if (copyCapacity) {
      cuda.check(cuda.memFree(from), "cuMemFree");
      cuda.check(cuda.memFree(to), "cuMemFree");
    }
    cuda.check(cuda.memAlloc(&from, half), "cuMemAlloc");
    cuda.check(cuda.memAlloc(&to, half), "cuMemAlloc");
    copyCapacity = half;
  }
  auto time = [&](auto work) {
    cuda.check(cuda.memsetD32Async(flush, 0, flushBytes / 4, stream),
               "cuMemsetD32Async");
    cuda.check(cuda.eventRecord(begin, stream), "cuEventRecord");
    work();
    cuda.check(cuda.eventRecord(end, stream), "cuEventRecord");
    cuda.check(cuda.eventSynchronize(end), "cuEventSynchronize");
    float milliseconds = 0;
    cuda.check(cuda.eventElapsedTime(&milliseconds, begin, end),
               "cuEventElapsedTime");
    return milliseconds * 1e3;
  };
  std::vector<double> kernelTimes, copyTimes;
  for (int i = 0; i < repeat + 3; ++i) {
    double ours = time([&] {
      cuda.check(cuda.launchKernel(function, grid, 1, 1, kernel.block, 1, 1,
                                   kernel.shared, stream, parameters.data(),
                                   nullptr),
                 "cuLaunchKernel");
    });
    double copy = time([&] {
      cuda.check(cuda.memcpyDtoDAsync(to, from, half, stream),
                 "cuMemcpyDtoDAsync");
    });
    if (i < 3)
      continue; // warming up
    kernelTimes.push_back(ours);
    copyTimes.push_back(copy);
  }
  return {median(kernelTimes), median(copyTimes)};
}

bool Bench::run(const CaseSpec &spec, std::string &json) {
  auto found = kernels.find(spec.kernel);
  if (found == kernels.end() || found->second.loops != spec.extents.size()) {
    std::printf("%-44s no such kernel, or other loops\n", spec.kernel.c_str());
    return false;
  }
  const KernelSpec &kernel = found->second;
  CudaDriver::Handle function = nullptr;
  cuda.check(cuda.moduleGetFunction(&function, module, kernel.symbol.c_str()),
             "cuModuleGetFunction");
  std::vector<Tensor> tensors(kernel.operands.size());
  size_t bytes = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    tensors[i].spec = kernel.operands[i];
    place(tensors[i], spec, kernel);
    bytes += tensors[i].usefulBytes;
    fill(tensors[i], i + 1);
  }
  std::vector<uint64_t> values;
  for (Tensor &tensor : tensors) {
    values.push_back(tensor.device +
                     tensor.offset * bytesOf(tensor.spec.dtype));
    values.insert(values.end(), tensor.strides.begin(), tensor.strides.end());
  }
  values.insert(values.end(), spec.extents.begin(), spec.extents.end());
  std::vector<void *> parameters;
  for (uint64_t &value : values)
    parameters.push_back(&value);
  int64_t rows = 1;
  for (unsigned d = 0; d < kernel.rowDims; ++d)
    rows *= spec.extents[d];
  unsigned grid = (rows + kernel.rowsPerBlock - 1) / kernel.rowsPerBlock;

  Timing timing = measure(function, kernel, grid, parameters, bytes);
  cuda.check(cuda.streamSynchronize(stream), "cuStreamSynchronize");
  Verdict verdict = verify(spec, kernel, tensors);
  for (Tensor &tensor : tensors)
    cuda.check(cuda.memFree(tensor.device), "cuMemFree");

  std::string shape;
  for (int64_t extent : spec.extents)
    shape += (shape.empty() ? "" : "x") + std::to_string(extent);
  double speed = bytes / timing.kernel * 1e-3,
         copy = bytes / timing.copy * 1e-3;
  std::printf(
      "%-44s %-18s %9.2f us %7.0f GB/s  copy %7.0f GB/s  ratio %.2f  "
      "%s regs  worst %.2f ulp, %.3f %%  %s\n",
      (spec.kernel + (spec.label.empty() ? "" : "/" + spec.label)).c_str(),
      shape.c_str(), timing.kernel, speed, copy, timing.copy / timing.kernel,
      kernel.registers.c_str(), verdict.worst, 100 * verdict.differing,
      verdict.right ? "ok" : "WRONG");
  std::fflush(stdout);
  char line[512];
  std::snprintf(line, sizeof(line),
                "  {\"kernel\": \"%s\", \"label\": \"%s\", \"shape\": \"%s\", "
                "\"microseconds\": %.3f, \"gigabytes_per_second\": %.1f, "
                "\"copy_gigabytes_per_second\": %.1f, \"worst_ulp\": %.3f, "
                "\"differing\": %.5f, \"right\": %s}",
                spec.kernel.c_str(), spec.label.c_str(), shape.c_str(),
                timing.kernel, speed, copy, verdict.worst, verdict.differing,
                verdict.right ? "true" : "false");
  json += (json.empty() ? "" : ",\n") + std::string(line);
  return verdict.right;
}

int main(int argc, char **argv) {
  std::string directory, jsonPath, filter;
  int repeat = 30;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word.rfind("--", 0) != 0) {
      directory = word;
      continue;
    }
    if (i + 1 == argc) {
      directory.clear();
      break;
    }
    std::string value = argv[++i];
    if (word == "--json")
      jsonPath = value;
    else if (word == "--filter")
      filter = value;
    else if (word == "--repeat")
      repeat = std::max(1, std::atoi(value.c_str()));
    else
      directory.clear();
  }
  if (directory.empty()) {
    std::fprintf(stderr,
                 "usage: %s DIRECTORY [--json FILE] [--filter TEXT] "
                 "[--repeat N]\n",
                 argv[0]);
    return 2;
  }
  std::vector<CaseSpec> cases = readCases(directory + "/cases.txt");
  Bench bench(directory, repeat);
  std::string json;
  int ran = 0, wrong = 0;
  for (const CaseSpec &spec : cases) {
    if (spec.kernel.find(filter) == std::string::npos)
      continue;
    ++ran;
    wrong += !bench.run(spec, json);
  }
  if (!jsonPath.empty())
    std::ofstream(jsonPath) << "[\n" << json << "\n]\n";
  std::printf("%d of %d cases right\n", ran - wrong, ran);
  return wrong || !ran ? 1 : 0;
}
