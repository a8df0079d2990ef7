// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Writes `.rmsn` artifacts. Used by the compiler and by tests; knows neither
// LLVM nor, in this header, FlatBuffers. The structs mirror manifest.fbs, where
// the fields are explained.

#ifndef RMSNORM_RUNTIME_FORMAT_WRITER_H
#define RMSNORM_RUNTIME_FORMAT_WRITER_H

#include "rmsnorm_runtime/blob_abi.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rmsn {
namespace writer {

enum class Layout : uint8_t { Contiguous = 0, InnerContiguous = 1, Any = 2 };
enum class BlobKind : uint8_t { Elf = 0, Ptx = 1, Cubin = 2 };
enum class RefKind : uint8_t {
  Argument = 0,
  Result = 1,
  Constant = 2,
  Temporary = 3
};

struct Value {
  std::string name;
  bool isScalar = false;
  rmsn_dtype dtype = RMSN_DTYPE_INVALID;
  std::vector<int64_t> shape;   // -1: dynamic
  std::vector<int32_t> symbols; // empty, or one per extent
  Layout layout = Layout::Contiguous;
  uint32_t alignment = 1;
  bool isMutable = false;
  bool calleeAllocated = false;
  std::vector<int32_t> mayAlias;
};

// Bytes are not copied: they must stay valid until the artifact is written.
struct Bytes {
  const void *data = nullptr;
  uint64_t size = 0;
};

struct Constant {
  std::string name;
  rmsn_dtype dtype = RMSN_DTYPE_INVALID;
  std::vector<int64_t> shape;
  Bytes bytes; // row-major; size must be that of the shape
};

struct Ref {
  RefKind kind = RefKind::Argument;
  uint32_t index = 0;
};

struct GpuTemporary {
  rmsn_dtype dtype = RMSN_DTYPE_INVALID;
  std::vector<int64_t> shape;
  std::vector<uint32_t> argOf;
  std::vector<uint32_t> dimOf;
};

struct GpuLaunch {
  uint32_t kernel = 0;
  std::vector<Ref> operands;
};

struct GpuFunction {
  std::vector<GpuLaunch> launches;
  std::vector<GpuTemporary> temporaries;
  std::string unsupported;
};

struct Function {
  std::string name;
  std::vector<Value> args;
  std::vector<Value> results;
  std::vector<uint32_t> constants;
  std::string entrySymbol; // empty: no CPU code
  std::string shapeSymbol; // empty: shapes follow from the results' own
  bool hasGpu = false;
  GpuFunction gpu;
};

struct GpuKernel {
  std::string name;
  std::string symbol;
  std::vector<Value> operands;
  uint32_t numInputs = 0;
  std::vector<uint32_t> extentOperand;
  std::vector<uint32_t> extentDim;
  uint32_t numRowDims = 0;
  uint32_t rowsPerBlock = 1;
  uint32_t blockX = 0;
  uint32_t clusterX = 1;
  uint32_t sharedBytes = 0;
  std::string description;
  std::vector<uint32_t> blobs;
};

struct Blob {
  BlobKind kind = BlobKind::Elf;
  std::string target;
  std::string arch;
  std::vector<std::string> features;
  uint32_t priority = 0;
  uint32_t abiVersion = RMSN_BLOB_ABI_VERSION;
  Bytes bytes;
};

struct KernelInfo {
  std::string function;
  std::string name;
  uint32_t norms = 0;
  std::string description;
  uint32_t tensorsRead = 0;
  uint32_t tensorsWritten = 0;
  std::string location;
};

struct Artifact {
  std::string producer;
  std::vector<Function> functions;
  std::vector<Constant> constants;
  std::vector<Blob> blobs;
  std::vector<GpuKernel> gpuKernels;
  std::vector<KernelInfo> kernels;
};

/// Writes the artifact into `bytes`. The same input gives the same bytes.
/// Returns false and says why in `error` if the description contradicts itself
/// (what the runtime's loader would refuse).
bool writeToMemory(const Artifact &artifact, std::vector<char> &bytes,
                   std::string &error);

/// Writes the artifact to a file, by way of a temporary one next to it, so that
/// a reader never sees a half-written artifact.
bool writeToFile(const Artifact &artifact, const std::string &path,
                 std::string &error);

} // namespace writer
} // namespace rmsn

#endif // RMSNORM_RUNTIME_FORMAT_WRITER_H
