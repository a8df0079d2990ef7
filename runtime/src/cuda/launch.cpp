// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "cuda/launch.h"

#include "call/call.h"
#include "core/dtype.h"
#include "cuda/modules.h"

#include <cstring>

using namespace rmsn;

namespace {

// Memory of one call: results until they are given away, temporaries until the
// launches are enqueued.
class DeviceMemory {
public:
  DeviceMemory(CudaDriver &driver, const CudaDriver::DeviceState &device,
               cuda::Stream stream)
      : driver(driver), device(device), stream(stream) {}
  ~DeviceMemory() {
    bool waited = false;
    for (const Piece &piece : pieces) {
      if (piece.async) {
        driver.api.memFreeAsync(piece.pointer, stream);
        continue;
      }
      // Kernels that are still to run may use it.
      if (!waited && piece.temporary)
        driver.api.streamSynchronize(stream);
      waited |= piece.temporary;
      driver.api.memFree(piece.pointer);
    }
  }

  rmsn_status allocate(uint64_t bytes, bool temporary, cuda::DevicePtr &to) {
    size_t wanted = bytes ? size_t(bytes) : 1;
    bool async = temporary && device.memoryPools;
    RMSN_TRY(driver.check(async ? driver.api.memAllocAsync(&to, wanted, stream)
                                : driver.api.memAlloc(&to, wanted),
                          "allocate memory on the GPU"));
    pieces.push_back({to, async, temporary});
    return RMSN_STATUS_OK;
  }

  /// The piece is somebody else's from now on.
  void forget(cuda::DevicePtr pointer) {
    for (size_t i = 0; i < pieces.size(); ++i)
      if (pieces[i].pointer == pointer) {
        pieces.erase(pieces.begin() + ptrdiff_t(i));
        return;
      }
  }

private:
  struct Piece {
    cuda::DevicePtr pointer;
    bool async, temporary;
  };
  CudaDriver &driver;
  const CudaDriver::DeviceState &device;
  cuda::Stream stream;
  std::vector<Piece> pieces;
};

struct OnDevice {
  uint64_t pointer;
  const int64_t *shape, *strides;
  int rank;
  const void *scalar;
};

struct GpuCall {
  GpuCall(Frame &frame, CudaDriver &driver,
          const CudaDriver::DeviceState &device, cuda::Stream stream)
      : frame(frame), driver(driver), device(device), stream(stream),
        memory(driver, device, stream) {}

  rmsn_status allocateResults();
  rmsn_status allocateTemporaries();
  rmsn_status launch(const GpuLaunchDef &launch);
  rmsn_status resolve(const RefDef &ref, OnDevice &value);

  Frame &frame;
  CudaDriver &driver;
  const CudaDriver::DeviceState &device;
  cuda::Stream stream;
  DeviceMemory memory;
  struct Temporary {
    cuda::DevicePtr pointer;
    std::vector<int64_t> shape, strides;
  };
  std::vector<Temporary> temporaries;
};

rmsn_status bytesOf(const int64_t *shape, int rank, uint64_t elementSize,
                    uint64_t &bytes) {
  bytes = elementSize;
  for (int i = 0; i < rank; ++i)
    if (shape[i] < 0 ||
        __builtin_mul_overflow(bytes, uint64_t(shape[i]), &bytes))
      return fail(RMSN_STATUS_WRONG_EXTENT,
                  "a tensor's extents are unknown or overflow");
  return RMSN_STATUS_OK;
}

rmsn_status GpuCall::allocateResults() {
  for (size_t i = 0; i < frame.def.results.size(); ++i) {
    const ValueDef &value = frame.def.results[i];
    Bound &bound = frame.boundResults[i];
    if (bound.given)
      continue;
    int64_t *dims = frame.resultDims + value.dimOffset;
    int64_t *strides = frame.resultStrides + value.dimOffset;
    uint64_t bytes;
    RMSN_TRY(bytesOf(dims, value.rank(), value.elementSize, bytes));
    cuda::DevicePtr pointer;
    RMSN_TRY(memory.allocate(bytes, false, pointer));
    contiguousStrides(dims, value.rank(), strides);
    bound.view = {reinterpret_cast<const char *>(uintptr_t(pointer)),
                  dims,
                  strides,
                  value.rank(),
                  value.elementSize,
                  0,
                  int64_t(bytes)};
  }
  return RMSN_STATUS_OK;
}

rmsn_status GpuCall::allocateTemporaries() {
  for (const GpuTemporaryDef &def : frame.def.gpu.temporaries) {
    Temporary temporary;
    for (size_t i = 0; i < def.shape.size(); ++i) {
      int64_t extent = def.shape[i];
      if (extent < 0)
        extent =
            frame
                .argDims[frame.def.args[def.argOf[i]].dimOffset + def.dimOf[i]];
      temporary.shape.push_back(extent);
    }
    temporary.strides.resize(temporary.shape.size());
    contiguousStrides(temporary.shape.data(), int(temporary.shape.size()),
                      temporary.strides.data());
    uint64_t bytes;
    RMSN_TRY(bytesOf(temporary.shape.data(), int(temporary.shape.size()),
                     dtypeSize(def.dtype), bytes));
    RMSN_TRY(memory.allocate(bytes, true, temporary.pointer));
    temporaries.push_back(std::move(temporary));
  }
  return RMSN_STATUS_OK;
}

rmsn_status GpuCall::resolve(const RefDef &ref, OnDevice &value) {
  auto fromView = [&](const View &view) {
    value = {uint64_t(reinterpret_cast<uintptr_t>(view.data)), view.shape,
             view.strides, view.rank, nullptr};
  };
  switch (ref.kind) {
  case RefKind::Argument:
    fromView(frame.boundArgs[ref.index].view);
    if (frame.def.args[ref.index].isScalar)
      value.scalar = frame.args[ref.index];
    return RMSN_STATUS_OK;
  case RefKind::Result:
    fromView(frame.boundResults[ref.index].view);
    return RMSN_STATUS_OK;
  case RefKind::Constant: {
    rmsn_artifact &artifact = frame.function.artifact;
    const ConstantDef &constant = artifact.model.constants[ref.index];
    cuda::DevicePtr pointer;
    RMSN_TRY(artifact.gpuModules().constant(frame.device.device_id, device,
                                            ref.index, pointer));
    int rank = int(constant.shape.size());
    value = {pointer, constant.descriptor.data() + 3,
             constant.descriptor.data() + 3 + rank, rank, nullptr};
    return RMSN_STATUS_OK;
  }
  case RefKind::Temporary: {
    const Temporary &temporary = temporaries[ref.index];
    value = {temporary.pointer, temporary.shape.data(),
             temporary.strides.data(), int(temporary.shape.size()), nullptr};
    return RMSN_STATUS_OK;
  }
  }
  return RMSN_STATUS_INTERNAL;
}

/// The tensor as the kernel sees it, with the extents that it has left out or
/// added; `storage` holds them.
void arrange(const std::vector<int32_t> &dims, std::vector<int64_t> &storage,
             OnDevice &value) {
  size_t rank = dims.size();
  bool same = rank == size_t(value.rank);
  for (size_t d = 0; same && d < rank; ++d)
    same = dims[d] == int32_t(d) || (dims[d] < 0 && value.shape[d] == 1);
  if (same)
    return;
  storage.resize(2 * rank);
  for (size_t d = rank; d-- > 0;) {
    storage[d] = dims[d] < 0 ? 1 : value.shape[dims[d]];
    storage[rank + d] = dims[d] < 0 ? 1 : value.strides[dims[d]];
  }
  value.shape = storage.data();
  value.strides = storage.data() + rank;
  value.rank = int(rank);
}

bool layoutFits(const ValueDef &wanted, const OnDevice &value) {
  if (value.pointer & (wanted.alignment - 1))
    return false;
  int64_t run = 1;
  for (int i = value.rank; i-- > 0;) {
    bool contiguous = value.shape[i] <= 1 || value.strides[i] == run;
    bool mustBe =
        wanted.layout == RMSN_LAYOUT_CONTIGUOUS ||
        (wanted.layout == RMSN_LAYOUT_INNER_CONTIGUOUS && i == value.rank - 1);
    if (mustBe && !contiguous)
      return false;
    run *= value.shape[i] > 1 ? value.shape[i] : 1;
  }
  return true;
}

rmsn_status GpuCall::launch(const GpuLaunchDef &launch) {
  rmsn_artifact &artifact = frame.function.artifact;
  const GpuKernelDef &kernel = artifact.model.gpuKernels[launch.kernel];
  const char *name = kernel.name.c_str();
  std::vector<OnDevice> values(launch.operands.size());
  std::vector<std::vector<int64_t>> arranged(values.size());
  std::vector<uint64_t> words; // the parameters' values
  words.reserve(64);
  for (size_t i = 0; i < values.size(); ++i) {
    const ValueDef &wanted = kernel.operands[i];
    RMSN_TRY(resolve(launch.operands[i], values[i]));
    if (!wanted.isScalar && !launch.dims.empty())
      arrange(launch.dims[i], arranged[i], values[i]);
    const OnDevice &value = values[i];
    if (wanted.isScalar) {
      uint64_t word = 0;
      std::memcpy(&word, value.scalar, wanted.elementSize);
      words.push_back(word);
      continue;
    }
    for (int d = 0; d < value.rank; ++d)
      if (wanted.shape[size_t(d)] >= 0 &&
          value.shape[d] != wanted.shape[size_t(d)])
        return fail(RMSN_STATUS_WRONG_EXTENT,
                    "GPU kernel '%s': operand %zu has extent %lld in dim %d, "
                    "expected %lld",
                    name, i, (long long)value.shape[d], d,
                    (long long)wanted.shape[size_t(d)]);
    if (!layoutFits(wanted, value))
      return fail(RMSN_STATUS_WRONG_STRIDE,
                  "GPU kernel '%s': operand %zu has strides or an alignment "
                  "that it does not take (nothing is packed on the GPU)",
                  name, i);
    words.push_back(value.pointer);
    for (int d = 0; d < value.rank; ++d)
      words.push_back(uint64_t(value.strides[d]));
  }
  uint64_t rows = 1;
  for (size_t i = 0; i < kernel.extentOperand.size(); ++i) {
    int64_t extent = values[kernel.extentOperand[i]].shape[kernel.extentDim[i]];
    words.push_back(uint64_t(extent));
    if (i < kernel.numRowDims &&
        __builtin_mul_overflow(rows, uint64_t(extent), &rows))
      return fail(RMSN_STATUS_WRONG_EXTENT, "GPU kernel '%s': too many rows",
                  name);
  }
  if (rows == 0)
    return RMSN_STATUS_OK;
  uint64_t groups = (rows - 1) / kernel.rowsPerBlock + 1;
  uint64_t limit = uint64_t(device.maxGridX);
  if (groups > limit / kernel.clusterX)
    return fail(RMSN_STATUS_WRONG_EXTENT,
                "GPU kernel '%s': %llu rows need more than %llu blocks", name,
                (unsigned long long)rows, (unsigned long long)limit);
  unsigned grid = unsigned(groups * kernel.clusterX);

  cuda::Function function;
  RMSN_TRY(artifact.gpuModules().function(frame.device.device_id, device,
                                          launch.kernel, function));
  std::vector<void *> parameters;
  parameters.reserve(words.size());
  for (uint64_t &word : words)
    parameters.push_back(&word);
  if (kernel.clusterX == 1)
    return driver.check(driver.api.launch(function, grid, 1, 1, kernel.blockX,
                                          1, 1, kernel.sharedBytes, stream,
                                          parameters.data(), nullptr),
                        "launch a GPU kernel");
  if (!driver.api.launchEx)
    return fail(RMSN_STATUS_NO_DEVICE,
                "GPU kernel '%s' uses clusters: a newer CUDA driver is needed",
                name);
  cuda::LaunchAttribute attribute = {};
  attribute.id = cuda::kLaunchClusterDimension;
  attribute.value.clusterDim = {kernel.clusterX, 1, 1};
  cuda::LaunchConfig config = {
      grid,   1,          1, kernel.blockX, 1, 1, kernel.sharedBytes,
      stream, &attribute, 1};
  return driver.check(
      driver.api.launchEx(&config, function, parameters.data(), nullptr),
      "launch a GPU kernel");
}

// The context's driver outlives results only while the context lives, so an
// owned result brings its own way to free itself.
struct FreeOnDevice {
  cuda::Api api;
  cuda::Context context;
};

void freeResult(OwnedMemory &memory) {
  auto *how = static_cast<FreeOnDevice *>(memory.keepAlive.get());
  cuda::Context previous;
  if (how->api.push(how->context) != cuda::kSuccess)
    return;
  how->api.memFree(
      cuda::DevicePtr(reinterpret_cast<uintptr_t>(memory.pointer)));
  how->api.pop(&previous);
}

rmsn_status findDevice(Frame &frame, CudaDriver::DeviceState *&device) {
  const FunctionDef &def = frame.def;
  if (!def.gpu.present)
    return fail(RMSN_STATUS_UNSUPPORTED,
                "function '%s' has no GPU code, but its arguments are on "
                "cuda:%d",
                def.name.c_str(), frame.device.device_id);
  if (!def.gpu.unsupported.empty())
    return fail(RMSN_STATUS_UNSUPPORTED,
                "function '%s' cannot run on the GPU: there is no GPU code for "
                "'%s'",
                def.name.c_str(), def.gpu.unsupported.c_str());
  if (frame.anyPacked)
    for (size_t i = 0; i < def.args.size() + def.results.size(); ++i) {
      bool isArg = i < def.args.size();
      size_t index = isArg ? i : i - def.args.size();
      const ValueDef &value = isArg ? def.args[index] : def.results[index];
      if ((isArg ? frame.boundArgs : frame.boundResults)[index].packed)
        return fail(RMSN_STATUS_WRONG_STRIDE,
                    "%s has strides or an alignment that the GPU code does not "
                    "take (nothing is packed on the GPU)",
                    ValueName(def, value, isArg ? "argument" : "result", index)
                        .c_str());
    }
  return frame.function.artifact.context.cuda().device(frame.device.device_id,
                                                       device);
}

} // namespace

rmsn_status rmsn::prepareGpu(Frame &frame) {
  CudaDriver::DeviceState *device;
  RMSN_TRY(findDevice(frame, device));
  rmsn_artifact &artifact = frame.function.artifact;
  CurrentDevice current(artifact.context.cuda(), *device);
  cuda::Function function;
  for (const GpuLaunchDef &launch : frame.def.gpu.launches)
    RMSN_TRY(artifact.gpuModules().function(frame.device.device_id, *device,
                                            launch.kernel, function));
  return RMSN_STATUS_OK;
}

rmsn_status rmsn::callOnGpu(Frame &frame, DLManagedTensor **owned,
                            void *stream) {
  CudaDriver::DeviceState *device;
  RMSN_TRY(findDevice(frame, device));
  CudaDriver &driver = frame.function.artifact.context.cuda();
  CurrentDevice current(driver, *device);
  GpuCall call(frame, driver, *device, static_cast<cuda::Stream>(stream));
  RMSN_TRY(call.allocateResults());
  RMSN_TRY(call.allocateTemporaries());
  for (const GpuLaunchDef &launch : frame.def.gpu.launches)
    RMSN_TRY(call.launch(launch));
  if (frame.allResultsBound)
    return RMSN_STATUS_OK;
  auto how = std::make_shared<FreeOnDevice>();
  how->api = driver.api;
  how->context = device->context;
  size_t count = frame.def.results.size();
  for (size_t i = 0; i < count; ++i) {
    const Bound &bound = frame.boundResults[i];
    if (bound.given)
      continue;
    owned[i] =
        makeOwned(bound.view, frame.def.results[i].dtype, frame.device,
                  {how, freeResult, const_cast<char *>(bound.view.data)});
    if (owned[i]) {
      call.memory.forget(
          cuda::DevicePtr(reinterpret_cast<uintptr_t>(bound.view.data)));
      continue;
    }
    for (size_t k = 0; k < i; ++k)
      if (owned[k]) {
        owned[k]->deleter(owned[k]);
        owned[k] = nullptr;
      }
    return fail(RMSN_STATUS_OUT_OF_MEMORY, "no memory for a result");
  }
  return RMSN_STATUS_OK;
}
