// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "format/writer_checks.h"

using namespace rmsn;
using namespace rmsn::writer;

static uint64_t dtypeSize(rmsn_dtype dtype) {
  switch (dtype) {
  case RMSN_DTYPE_F64:
  case RMSN_DTYPE_I64:
  case RMSN_DTYPE_U64:
    return 8;
  case RMSN_DTYPE_F32:
  case RMSN_DTYPE_I32:
  case RMSN_DTYPE_U32:
    return 4;
  case RMSN_DTYPE_F16:
  case RMSN_DTYPE_BF16:
  case RMSN_DTYPE_I16:
  case RMSN_DTYPE_U16:
    return 2;
  case RMSN_DTYPE_BOOL:
  case RMSN_DTYPE_I8:
  case RMSN_DTYPE_U8:
  case RMSN_DTYPE_F8E4M3FN:
  case RMSN_DTYPE_F8E5M2:
    return 1;
  case RMSN_DTYPE_INVALID:
    break;
  }
  return 0;
}

static bool refuse(std::string &error, const std::string &what) {
  error = "cannot write artifact: " + what;
  return false;
}

bool rmsn::writer::check(const Artifact &artifact, std::string &error) {
  for (const writer::Constant &constant : artifact.constants) {
    uint64_t size = dtypeSize(constant.dtype);
    for (int64_t extent : constant.shape) {
      if (extent < 0)
        return refuse(error,
                      "constant '" + constant.name + "' has a dynamic extent");
      size *= uint64_t(extent);
    }
    if (!dtypeSize(constant.dtype) || size != constant.bytes.size)
      return refuse(error, "constant '" + constant.name + "' has " +
                               std::to_string(constant.bytes.size) +
                               " bytes, but its type needs " +
                               std::to_string(size));
  }
  auto checkValue = [&](const writer::Value &value, const std::string &where) {
    if (!dtypeSize(value.dtype))
      return refuse(error, where + ": value '" + value.name + "' has no dtype");
    if (!value.symbols.empty() && value.symbols.size() != value.shape.size())
      return refuse(error, where + ": value '" + value.name +
                               "' has not one symbol per extent");
    if (value.alignment == 0 || (value.alignment & (value.alignment - 1)))
      return refuse(error, where + ": value '" + value.name +
                               "' has an alignment that is no power of two");
    return true;
  };
  for (const writer::Function &function : artifact.functions) {
    std::string where = "function '" + function.name + "'";
    for (const writer::Value &value : function.args)
      if (!checkValue(value, where))
        return false;
    for (const writer::Value &value : function.results) {
      if (!checkValue(value, where))
        return false;
      for (int32_t arg : value.mayAlias)
        if (arg < 0 || size_t(arg) >= function.args.size())
          return refuse(error, where + ": may_alias names no argument");
    }
    for (uint32_t constant : function.constants)
      if (constant >= artifact.constants.size())
        return refuse(error, where + " names a constant that is not there");
    for (const writer::GpuLaunch &launch : function.gpu.launches)
      if (launch.kernel >= artifact.gpuKernels.size() ||
          launch.operands.size() !=
              artifact.gpuKernels[launch.kernel].operands.size())
        return refuse(error, where + " launches a kernel wrongly");
  }
  for (const writer::GpuKernel &kernel : artifact.gpuKernels) {
    std::string where = "gpu kernel '" + kernel.name + "'";
    for (const writer::Value &value : kernel.operands)
      if (!checkValue(value, where))
        return false;
    if (kernel.extentOperand.size() != kernel.extentDim.size() ||
        kernel.numRowDims > kernel.extentOperand.size() ||
        kernel.numInputs > kernel.operands.size())
      return refuse(error, where + " has a wrong iteration space");
    for (size_t i = 0; i < kernel.extentOperand.size(); ++i)
      if (kernel.extentOperand[i] >= kernel.operands.size() ||
          kernel.extentDim[i] >=
              kernel.operands[kernel.extentOperand[i]].shape.size())
        return refuse(error, where + " takes an extent from nowhere");
    for (uint32_t blob : kernel.blobs)
      if (blob >= artifact.blobs.size() ||
          artifact.blobs[blob].kind == writer::BlobKind::Elf)
        return refuse(error, where + " names a wrong blob");
  }
  return true;
}
