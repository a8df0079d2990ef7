// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "core/dtype.h"

#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <cstdio>

using namespace rmsn;

namespace {

struct Entry {
  const char *name;
  uint8_t size;
  uint8_t code;
};

// In the order of rmsn_dtype.
constexpr Entry kTable[kNumDtypes] = {
    {"invalid", 0, 0},
    {"f16", 2, kDLFloat},
    {"bf16", 2, kDLBfloat},
    {"f32", 4, kDLFloat},
    {"f64", 8, kDLFloat},
    {"bool", 1, kDLBool},
    {"i8", 1, kDLInt},
    {"i16", 2, kDLInt},
    {"i32", 4, kDLInt},
    {"i64", 8, kDLInt},
    {"u8", 1, kDLUInt},
    {"u16", 2, kDLUInt},
    {"u32", 4, kDLUInt},
    {"u64", 8, kDLUInt},
    {"f8e4m3fn", 1, kDLFloat8_e4m3fn},
    {"f8e5m2", 1, kDLFloat8_e5m2},
};
static_assert(RMSN_DTYPE_F8E5M2 == kNumDtypes - 1, "one entry per dtype");

const Entry &entry(rmsn_dtype dtype) {
  return kTable[unsigned(dtype) < unsigned(kNumDtypes) ? dtype : 0];
}

} // namespace

size_t rmsn::dtypeSize(rmsn_dtype dtype) { return entry(dtype).size; }

const char *rmsn::dtypeName(rmsn_dtype dtype) { return entry(dtype).name; }

DLDataType rmsn::toDlpack(rmsn_dtype dtype) {
  const Entry &e = entry(dtype);
  return DLDataType{e.code, uint8_t(e.size * 8), uint16_t(e.size ? 1 : 0)};
}

rmsn_dtype rmsn::fromDlpack(DLDataType type) {
  for (int i = 1; i < kNumDtypes; ++i)
    if (packedType(toDlpack(rmsn_dtype(i))) == packedType(type))
      return rmsn_dtype(i);
  return RMSN_DTYPE_INVALID;
}

DlpackTypeName::DlpackTypeName(DLDataType type) {
  if (rmsn_dtype dtype = fromDlpack(type))
    snprintf(text, sizeof(text), "%s", dtypeName(dtype));
  else
    snprintf(text, sizeof(text), "DLPack type (code %u, bits %u, lanes %u)",
             type.code, type.bits, type.lanes);
}

extern "C" {

const char *rmsn_dtype_name(rmsn_dtype dtype) { return dtypeName(dtype); }
size_t rmsn_dtype_size(rmsn_dtype dtype) { return dtypeSize(dtype); }
DLDataType rmsn_dtype_to_dlpack(rmsn_dtype dtype) { return toDlpack(dtype); }
rmsn_dtype rmsn_dtype_from_dlpack(DLDataType type) { return fromDlpack(type); }
}
