// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Reads a manifest into a model, and checks everything in it: a damaged file
// must not be trusted.

#ifndef RMSNORM_RUNTIME_ARTIFACT_MANIFEST_READER_H
#define RMSNORM_RUNTIME_ARTIFACT_MANIFEST_READER_H

#include "artifact/model.h"
#include "core/error.h"
#include "manifest_generated.h"

#include <cstring>

namespace rmsn {

/// Fails with RMSN_STATUS_CORRUPT_ARTIFACT and a message that says so.
__attribute__((format(printf, 1, 2))) rmsn_status corrupt(const char *format,
                                                          ...);

/// The text, or an empty one for null.
std::string text(const flatbuffers::String *string);

// Copied as bytes: in a damaged manifest numbers need not be aligned.
template <typename T>
std::vector<T> numbers(const flatbuffers::Vector<T> *vector) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  std::vector<T> copy(vector ? vector->size() : 0);
  if (!copy.empty())
    std::memcpy(copy.data(), vector->Data(), copy.size() * sizeof(T));
  return copy;
}

/// RMSN_DTYPE_INVALID for what is none.
rmsn_dtype dtypeOf(unsigned number);

class ManifestReader {
public:
  ManifestReader(const unsigned char *data, size_t size, Model &model)
      : data(data), size(size), model(model) {}

  rmsn_status read(const format::Manifest &manifest);

private:
  rmsn_status range(uint64_t offset, uint64_t length, const char *what,
                    size_t index);
  rmsn_status value(const format::Value *from, ValueDef &to,
                    const std::string &where);
  rmsn_status
  values(const flatbuffers::Vector<flatbuffers::Offset<format::Value>> *from,
         std::vector<ValueDef> &to, const std::string &where);
  rmsn_status constant(const format::Constant *from, size_t index);
  rmsn_status blob(const format::Blob *from, size_t index);
  rmsn_status gpuKernel(const format::GpuKernel *from);
  rmsn_status function(const format::Function *from);
  rmsn_status gpuFunction(const format::GpuFunction *from,
                          const FunctionDef &owner, GpuFunctionDef &to);
  rmsn_status launchOperand(const RefDef &ref, const ValueDef &operand,
                            const FunctionDef &owner, const GpuFunctionDef &gpu,
                            std::vector<int32_t> &dims);

  const unsigned char *data;
  size_t size;
  Model &model;
};

} // namespace rmsn

#endif // RMSNORM_RUNTIME_ARTIFACT_MANIFEST_READER_H
