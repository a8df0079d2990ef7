// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// rmsnorm-run: runs compiled artifacts on .npy files.

#include "info.h"
#include "npy.h"
#include "options.h"

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using namespace rmsnorm_run;

namespace {

[[noreturn]] void stop(const std::string &why) {
  fflush(stdout);
  fprintf(stderr, "rmsnorm-run: error: %s\n", why.c_str());
  exit(1);
}

void check(rmsn_status status) {
  if (status)
    stop(std::string(rmsn_last_error()) + " [" + rmsn_status_name(status) +
         "]");
}

void logLine(void *, rmsn_log_level, const char *message) {
  fprintf(stderr, "rmsnorm-run: %s\n", message);
}

double microseconds() {
  return std::chrono::duration<double, std::micro>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// A scalar given as a number on the command line.
bool parseScalar(const std::string &text, rmsn_dtype dtype, Array &array) {
  char *end;
  double value = strtod(text.c_str(), &end);
  if (text.empty() || *end || !array.allocate(rmsn_dtype_size(dtype)))
    return false;
  array.dtype = dtype;
  void *to = array.data.get();
  auto put = [to](auto typed) { memcpy(to, &typed, sizeof(typed)); };
  long long whole = strtoll(text.c_str(), &end, 10);
  bool isWhole = *end == 0;
  switch (dtype) {
  case RMSN_DTYPE_F32:
    put(float(value));
    return true;
  case RMSN_DTYPE_F64:
    put(value);
    return true;
  case RMSN_DTYPE_BOOL:
    put(uint8_t(value != 0));
    return isWhole;
  case RMSN_DTYPE_I8:
  case RMSN_DTYPE_U8:
    put(uint8_t(whole));
    return isWhole;
  case RMSN_DTYPE_I16:
  case RMSN_DTYPE_U16:
    put(uint16_t(whole));
    return isWhole;
  case RMSN_DTYPE_I32:
  case RMSN_DTYPE_U32:
    put(uint32_t(whole));
    return isWhole;
  case RMSN_DTYPE_I64:
  case RMSN_DTYPE_U64:
    put(uint64_t(whole));
    return isWhole;
  default:
    return false;
  }
}

// An argument or result on the device that is used.
class Staged {
public:
  Staged(rmsn_context *context, DLDevice device)
      : context(context), device(device) {}
  ~Staged() {
    if (memory)
      rmsn_device_free(context, device, memory);
  }
  Staged(const Staged &) = delete;
  Staged &operator=(const Staged &) = delete;

  void set(Array &array, bool scalar) {
    tensor.data = array.data.get();
    tensor.device = {kDLCPU, 0};
    tensor.ndim = int32_t(array.shape.size());
    tensor.dtype = rmsn_dtype_to_dlpack(array.dtype);
    tensor.shape = array.shape.data();
    tensor.strides = array.strides.data();
    tensor.byte_offset = 0;
    if (device.device_type == kDLCPU || scalar)
      return;
    check(rmsn_device_alloc(context, device, size_t(array.bytes), &memory));
    check(rmsn_device_copy(context, memory, device, array.data.get(),
                           {kDLCPU, 0}, size_t(array.bytes), nullptr));
    tensor.data = memory;
    tensor.device = device;
  }

  DLTensor tensor = {};

private:
  rmsn_context *context;
  DLDevice device;
  void *memory = nullptr;
};

struct Runner {
  Runner(const Options &options, rmsn_context *context, rmsn_function *function)
      : options(options), context(context), function(function) {}
  ~Runner() { dropResults(); }

  void readInputs();
  void call();
  void repeat();
  void writeOutputs();
  void dropResults() {
    for (DLManagedTensor *&tensor : owned) {
      if (tensor)
        tensor->deleter(tensor);
      tensor = nullptr;
    }
  }

  const Options &options;
  rmsn_context *context;
  rmsn_function *function;
  std::vector<Array> arrays;
  std::vector<std::unique_ptr<Staged>> staged;
  std::vector<const DLTensor *> args;
  std::vector<DLManagedTensor *> owned;
};

void Runner::readInputs() {
  size_t count = rmsn_function_num_args(function);
  if (options.inputs.size() != count)
    stop(std::to_string(options.inputs.size()) + " inputs given, '" +
         rmsn_function_name(function) + "' takes " + std::to_string(count) +
         " (see --info)");
  arrays.resize(count);
  for (size_t i = 0; i < count; ++i) {
    rmsn_value_info value = {};
    value.struct_size = sizeof(value);
    check(rmsn_function_arg(function, i, &value));
    const std::string &input = options.inputs[i];
    std::string error;
    bool isFile =
        input.size() > 4 && input.compare(input.size() - 4, 4, ".npy") == 0;
    if (isFile || !value.is_scalar) {
      if (!readNpy(input, value.dtype, arrays[i], error))
        stop(error);
    } else if (!parseScalar(input, value.dtype, arrays[i])) {
      stop("argument " + std::to_string(i) + " is '" + input +
           "', expected a .npy file or a number of type " +
           rmsn_dtype_name(value.dtype));
    }
    staged.push_back(std::make_unique<Staged>(context, options.device));
    staged.back()->set(arrays[i], value.is_scalar);
    args.push_back(&staged.back()->tensor);
  }
}

void Runner::call() {
  size_t count = rmsn_function_num_results(function);
  dropResults();
  owned.assign(count, nullptr);
  check(rmsn_call(function, args.data(), args.size(), nullptr, count,
                  owned.data(), nullptr));
  if (options.device.device_type != kDLCPU)
    check(rmsn_device_synchronize(context, options.device, nullptr));
}

void Runner::repeat() {
  // Results that can be are written where the first call put them.
  size_t count = owned.size();
  std::vector<const DLTensor *> results(count, nullptr);
  std::vector<DLManagedTensor *> fresh(count, nullptr);
  for (size_t i = 0; i < count; ++i) {
    rmsn_value_info value = {};
    value.struct_size = sizeof(value);
    check(rmsn_function_result(function, i, &value));
    if (!value.callee_allocated)
      results[i] = &owned[i]->dl_tensor;
  }
  std::vector<double> times;
  for (unsigned n = 0; n < options.repeat; ++n) {
    double begin = microseconds();
    check(rmsn_call(function, args.data(), args.size(), results.data(), count,
                    fresh.data(), nullptr));
    if (options.device.device_type != kDLCPU)
      check(rmsn_device_synchronize(context, options.device, nullptr));
    times.push_back(microseconds() - begin);
    for (DLManagedTensor *tensor : fresh)
      if (tensor)
        tensor->deleter(tensor);
  }
  std::sort(times.begin(), times.end());
  double sum = 0;
  for (double time : times)
    sum += time;
  size_t middle = times.size() / 2;
  double median = times.size() % 2 ? times[middle]
                                   : (times[middle - 1] + times[middle]) / 2;
  printf("%u calls: min %.2f us, median %.2f us, mean %.2f us, max %.2f us\n",
         options.repeat, times.front(), median, sum / double(times.size()),
         times.back());
}

void Runner::writeOutputs() {
  for (size_t i = 0; i < owned.size(); ++i) {
    const DLTensor &tensor = owned[i]->dl_tensor;
    rmsn_dtype dtype = rmsn_dtype_from_dlpack(tensor.dtype);
    uint64_t bytes = rmsn_dtype_size(dtype);
    for (int d = 0; d < tensor.ndim; ++d)
      bytes *= uint64_t(tensor.shape[d]);
    printf("result %zu: %s\n", i,
           typeText(dtype, tensor.shape, tensor.ndim, false).c_str());
    if (options.outputs.empty())
      continue;
    Array host;
    const void *data = tensor.data;
    if (options.device.device_type != kDLCPU) {
      if (!host.allocate(bytes))
        stop("no memory for result " + std::to_string(i));
      check(rmsn_device_copy(context, host.data.get(), {kDLCPU, 0}, tensor.data,
                             options.device, size_t(bytes), nullptr));
      data = host.data.get();
    }
    std::string error;
    if (!writeNpy(options.outputs[i], dtype, tensor.shape, tensor.ndim, data,
                  bytes, error))
      stop(error);
  }
}

} // namespace

int main(int argc, char **argv) {
  Options options;
  std::string error;
  if (!parseOptions(argc, argv, options, error))
    stop(error);
  if (options.help) {
    fputs(kHelp, stdout);
    return 0;
  }
  if (options.version) {
    uint32_t version = rmsn_version();
    printf("rmsnorm-run %u.%u.%u\n", version / 10000, version / 100 % 100,
           version % 100);
    return 0;
  }
  rmsn_context_options contextOptions = {};
  contextOptions.struct_size = sizeof(contextOptions);
  contextOptions.num_threads = options.threads;
  if (options.verbose)
    contextOptions.log = logLine;
  rmsn_context *context;
  check(rmsn_context_create(&contextOptions, &context));
  rmsn_artifact *artifact;
  check(rmsn_artifact_open(context, options.artifact.c_str(), &artifact));
  if (options.info) {
    check(printInfo(artifact));
  } else {
    rmsn_function *function;
    check(rmsn_function_lookup(artifact, options.entry.c_str(), &function));
    size_t results = rmsn_function_num_results(function);
    if (!options.outputs.empty() && options.outputs.size() != results)
      stop(std::to_string(options.outputs.size()) + " times -o given, '" +
           rmsn_function_name(function) + "' has " + std::to_string(results) +
           " result(s): expected one for each");
    check(rmsn_device_check(context, options.device));
    Runner runner(options, context, function);
    runner.readInputs();
    double begin = microseconds();
    runner.call();
    if (options.repeat) {
      printf("first call: %.2f us, code loading included\n",
             microseconds() - begin);
      runner.repeat();
    }
    runner.writeOutputs();
  }
  rmsn_artifact_close(artifact);
  rmsn_context_destroy(context);
  return 0;
}
