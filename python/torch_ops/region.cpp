// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// `rmsnorm_backend::region` on the CPU: what torch.compile's backend made one
// function of. Defined, with fake kernel and gradient, in Python
// (python/rmsnorm/backend/region_operator.py), which enters the functions here.

#include "norm_call.h"

#include <torch/csrc/stable/library.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

using namespace rmsnorm_torch;

namespace {

// Of a result: a number, or that of an argument's axis.
struct Extent {
  int64_t argument; // -1: a number
  int64_t value;    // the axis or the number
};

struct Result {
  int32_t torchDtype;
  DLDataType dtype;
  std::vector<Extent> extents;
};

struct Region {
  rmsn_function *function;
  size_t numArguments;
  std::vector<Result> results;
};

// Never removed, nor is what they point to (the Python side keeps it).
struct Regions {
  std::shared_mutex mutex;
  std::unordered_map<std::string, std::unique_ptr<Region>> known;
};

Regions &regions() {
  static Regions *all = new Regions; // outlives static destructors
  return *all;
}

struct Pair {
  rmsn_dtype dtype;
  int32_t torch;
};

const std::vector<Pair> &dtypes() {
  static const std::vector<Pair> all{
      {RMSN_DTYPE_F32, aoti_torch_dtype_float32()},
      {RMSN_DTYPE_BF16, aoti_torch_dtype_bfloat16()},
      {RMSN_DTYPE_F16, aoti_torch_dtype_float16()},
      {RMSN_DTYPE_F64, aoti_torch_dtype_float64()},
      {RMSN_DTYPE_BOOL, aoti_torch_dtype_bool()},
      {RMSN_DTYPE_I8, aoti_torch_dtype_int8()},
      {RMSN_DTYPE_I16, aoti_torch_dtype_int16()},
      {RMSN_DTYPE_I32, aoti_torch_dtype_int32()},
      {RMSN_DTYPE_I64, aoti_torch_dtype_int64()},
      {RMSN_DTYPE_U8, aoti_torch_dtype_uint8()},
      {RMSN_DTYPE_U16, aoti_torch_dtype_uint16()},
      {RMSN_DTYPE_U32, aoti_torch_dtype_uint32()},
      {RMSN_DTYPE_U64, aoti_torch_dtype_uint64()},
      {RMSN_DTYPE_F8E4M3FN, aoti_torch_dtype_float8_e4m3fn()},
      {RMSN_DTYPE_F8E5M2, aoti_torch_dtype_float8_e5m2()}};
  return all;
}

const Region &find(const std::string &name) {
  Regions &all = regions();
  std::shared_lock<std::shared_mutex> lock(all.mutex);
  auto found = all.known.find(name);
  if (found == all.known.end())
    invalid("name", '"' + name + '"', "that of a kernel of this process");
  return *found->second;
}

void settle(View &view) {
  view.tensor.shape = view.dims;
  view.tensor.strides = view.dims + kMaxRank;
}

View argumentView(const Tensor &tensor) {
  View view = viewOf(tensor);
  int32_t torch = torchDtype(tensor);
  for (const Pair &pair : dtypes())
    if (pair.torch == torch) {
      view.tensor.dtype = rmsn_dtype_to_dlpack(pair.dtype);
      break;
    }
  return view;
}

Tensor makeResult(const Result &result, const std::vector<View> &arguments,
                  const Tensor &like, View &view) {
  int rank = int(result.extents.size());
  for (int i = 0; i < rank; ++i) {
    const Extent &extent = result.extents[size_t(i)];
    int64_t number = extent.value;
    if (extent.argument >= 0) {
      const View &argument = arguments[size_t(extent.argument)];
      if (extent.value >= argument.tensor.ndim)
        invalid("inputs",
                "a tensor of rank " + std::to_string(argument.tensor.ndim),
                "an axis " + std::to_string(extent.value));
      number = argument.dims[extent.value];
    }
    view.dims[i] = number;
  }
  Tensor tensor = newTensor(like, result.torchDtype, view.dims, rank);
  view.tensor.data = tensor.data_ptr();
  view.tensor.device = arguments[0].tensor.device;
  view.tensor.ndim = rank;
  view.tensor.dtype = result.dtype;
  int64_t run = 1;
  for (int i = rank; i-- > 0;) {
    view.dims[kMaxRank + i] = run;
    run *= std::max<int64_t>(view.dims[i], 1);
  }
  return tensor;
}

std::vector<Tensor> run(std::vector<Tensor> inputs, std::string name) {
  const Region &region = find(name);
  if (inputs.size() != region.numArguments)
    invalid("inputs", std::to_string(inputs.size()) + " tensors",
            std::to_string(region.numArguments));
  std::vector<View> views;
  views.reserve(inputs.size());
  for (const Tensor &input : inputs)
    views.push_back(argumentView(input));
  std::vector<View> resultViews(region.results.size());
  std::vector<Tensor> results;
  results.reserve(region.results.size());
  for (size_t i = 0; i < resultViews.size(); ++i)
    results.push_back(
        makeResult(region.results[i], views, inputs[0], resultViews[i]));
  std::vector<const DLTensor *> pointers;
  pointers.reserve(views.size() + resultViews.size());
  for (std::vector<View> *all : {&views, &resultViews})
    for (View &view : *all) {
      settle(view);
      pointers.push_back(&view.tensor);
    }
  rmsn_call_options call{};
  call.struct_size = sizeof call;
  check(rmsn_call(region.function, pointers.data(), views.size(),
                  pointers.data() + views.size(), resultViews.size(), nullptr,
                  &call));
  return results;
}

} // namespace

// Makes a function known by that name; the first of a name stays. `places` has
// for each result its rank and then for each axis an argument and its axis, or
// -1 and the extent. The caller keeps the function alive. False: the places do
// not fit the function.
extern "C" __attribute__((visibility("default"))) bool
rmsnorm_torch_enter_region(const char *name, void *function,
                           const int64_t *places, size_t numPlaces) {
  auto region = std::make_unique<Region>();
  region->function = static_cast<rmsn_function *>(function);
  region->numArguments = rmsn_function_num_args(region->function);
  size_t numResults = rmsn_function_num_results(region->function), next = 0;
  if (region->numArguments == 0)
    return false;
  for (size_t i = 0; i < numResults; ++i) {
    rmsn_value_info info{};
    info.struct_size = sizeof info;
    if (rmsn_function_result(region->function, i, &info) != RMSN_STATUS_OK ||
        next >= numPlaces || places[next] != info.rank ||
        info.rank > kMaxRank || numPlaces - next - 1 < 2 * size_t(info.rank))
      return false;
    ++next;
    auto pair =
        std::find_if(dtypes().begin(), dtypes().end(),
                     [&](const Pair &p) { return p.dtype == info.dtype; });
    if (pair == dtypes().end())
      return false;
    Result result{pair->torch, rmsn_dtype_to_dlpack(info.dtype), {}};
    for (int32_t axis = 0; axis < info.rank; ++axis, next += 2) {
      Extent extent{places[next], places[next + 1]};
      if (extent.argument >= int64_t(region->numArguments) || extent.value < 0)
        return false;
      result.extents.push_back(extent);
    }
    region->results.push_back(std::move(result));
  }
  if (next != numPlaces)
    return false;
  Regions &all = regions();
  std::unique_lock<std::shared_mutex> lock(all.mutex);
  all.known.emplace(name, std::move(region));
  return true;
}

STABLE_TORCH_LIBRARY_IMPL(rmsnorm_backend, CPU, library) {
  library.impl("region", TORCH_BOX(&run));
}
