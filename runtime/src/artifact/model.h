// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// An artifact's manifest as the runtime uses it: read once, checked completely,
// and independent of the file's bytes afterwards.

#ifndef RMSNORM_RUNTIME_ARTIFACT_MODEL_H
#define RMSNORM_RUNTIME_ARTIFACT_MODEL_H

#include "rmsnorm_runtime/blob_abi.h"
#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace rmsn {

/// Tensors of a higher rank are refused.
inline constexpr int kMaxRank = 32;

struct ValueDef {
  std::string name;
  bool isScalar = false;
  rmsn_dtype dtype = RMSN_DTYPE_INVALID;
  uint32_t packedDtype = 0; // as packedType of its DLPack type
  uint32_t elementSize = 0;
  std::vector<int64_t> shape;
  std::vector<int32_t> symbols; // as in the file, for people
  // Index of each extent's symbol among the function's symbols, or -1.
  std::vector<int32_t> symbolIndex;
  rmsn_layout layout = RMSN_LAYOUT_CONTIGUOUS;
  uint32_t alignment = 1;
  bool isMutable = false;
  bool calleeAllocated = false;
  std::vector<int32_t> mayAlias;
  // Where its descriptor lies among those of a call (not for scalars).
  uint32_t descriptorOffset = 0;
  // Where its extents lie among those of all arguments (or results).
  uint32_t dimOffset = 0;

  int rank() const { return int(shape.size()); }
};

struct ConstantDef {
  std::string name;
  rmsn_dtype dtype = RMSN_DTYPE_INVALID;
  std::vector<int64_t> shape;
  const void *data = nullptr;
  uint64_t size = 0;
  std::vector<int64_t> descriptor; // an rmsn_memref
};

enum class RefKind : uint8_t { Argument, Result, Constant, Temporary };

struct RefDef {
  RefKind kind;
  uint32_t index;
};

struct GpuTemporaryDef {
  rmsn_dtype dtype = RMSN_DTYPE_INVALID;
  std::vector<int64_t> shape;
  std::vector<uint32_t> argOf, dimOf;
};

struct GpuLaunchDef {
  uint32_t kernel = 0;
  std::vector<RefDef> operands;
  /// For each operand: where the kernel's dimensions are in the tensor, -1 for
  /// extents of 1 that it has not (unit_dims.h). None at all: as they are.
  std::vector<std::vector<int32_t>> dims;
};

struct GpuFunctionDef {
  bool present = false;
  std::string unsupported;
  std::vector<GpuLaunchDef> launches;
  std::vector<GpuTemporaryDef> temporaries;
};

struct FunctionDef {
  std::string name;
  std::vector<ValueDef> args, results;
  std::vector<uint32_t> constants;
  std::string entrySymbol, shapeSymbol;
  GpuFunctionDef gpu;
  // Derived, for calls.
  uint32_t numSymbols = 0;
  uint32_t descriptorBytes = 0;
  uint32_t numArgDims = 0, numResultDims = 0;
  bool anyMutableArg = false;
  bool anyCalleeAllocated = false;
};

struct GpuKernelDef {
  std::string name, symbol, description;
  std::vector<ValueDef> operands;
  uint32_t numInputs = 0;
  std::vector<uint32_t> extentOperand, extentDim;
  uint32_t numRowDims = 0, rowsPerBlock = 1, blockX = 0, clusterX = 1,
           sharedBytes = 0;
  std::vector<uint32_t> blobs;
};

struct BlobDef {
  rmsn_variant_kind kind = RMSN_VARIANT_ELF;
  std::string target, arch, featureText;
  std::vector<std::string> features;
  uint32_t priority = 0, abiVersion = 0;
  const unsigned char *data = nullptr;
  uint64_t size = 0;
};

struct KernelInfoDef {
  std::string function, name, description, location;
  uint32_t norms = 0, tensorsRead = 0, tensorsWritten = 0;
};

struct Model {
  uint32_t formatVersion = 0;
  std::string producer;
  std::vector<FunctionDef> functions;
  std::vector<ConstantDef> constants;
  std::vector<BlobDef> blobs;
  std::vector<GpuKernelDef> gpuKernels;
  std::vector<KernelInfoDef> kernels;
};

/// Fills in what calls derive from a function's arguments and results.
void finishFunction(FunctionDef &function);

/// Checks the header, the checksum and all of the manifest; `model` points into
/// `data` for blobs and constants. Never reads outside of the bytes.
rmsn_status readModel(const unsigned char *data, size_t size, Model &model);

} // namespace rmsn

#endif // RMSNORM_RUNTIME_ARTIFACT_MODEL_H
