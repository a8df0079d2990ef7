// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "core/cpu.h"

#include "rmsnorm_runtime/rmsnorm_runtime.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <sched.h>
#include <unistd.h>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

using namespace rmsn;

namespace {

#if defined(__x86_64__)

enum Register { Eax, Ebx, Ecx, Edx };

// Parts of the register state that the operating system must save (XCR0).
enum State : uint64_t {
  None = 0,
  Ymm = 0x6,
  Zmm = 0xe6,
  Tile = 0x60000,
};

struct Leaf {
  uint32_t leaf, subleaf;
};
constexpr Leaf kLeaves[] = {{1, 0}, {7, 0}, {7, 1}, {0xd, 1}, {0x80000001, 0}};
enum LeafIndex { L1, L7, L7_1, LD_1, LExt };

struct Feature {
  const char *name;
  LeafIndex leaf;
  Register reg;
  int bit;
  State state;
};

constexpr Feature kFeatures[] = {
    {"64bit", LExt, Edx, 29, None},
    {"cx8", L1, Edx, 8, None},
    {"cmov", L1, Edx, 15, None},
    {"mmx", L1, Edx, 23, None},
    {"fxsr", L1, Edx, 24, None},
    {"sse", L1, Edx, 25, None},
    {"sse2", L1, Edx, 26, None},
    {"sse3", L1, Ecx, 0, None},
    {"pclmul", L1, Ecx, 1, None},
    {"ssse3", L1, Ecx, 9, None},
    {"fma", L1, Ecx, 12, Ymm},
    {"cx16", L1, Ecx, 13, None},
    {"sse4.1", L1, Ecx, 19, None},
    {"sse4.2", L1, Ecx, 20, None},
    {"crc32", L1, Ecx, 20, None},
    {"movbe", L1, Ecx, 22, None},
    {"popcnt", L1, Ecx, 23, None},
    {"aes", L1, Ecx, 25, None},
    {"xsave", L1, Ecx, 27, None},
    {"avx", L1, Ecx, 28, Ymm},
    {"f16c", L1, Ecx, 29, Ymm},
    {"rdrnd", L1, Ecx, 30, None},
    {"sahf", LExt, Ecx, 0, None},
    {"lzcnt", LExt, Ecx, 5, None},
    {"prfchw", LExt, Ecx, 8, None},
    {"fsgsbase", L7, Ebx, 0, None},
    {"bmi", L7, Ebx, 3, None},
    {"avx2", L7, Ebx, 5, Ymm},
    {"bmi2", L7, Ebx, 8, None},
    {"invpcid", L7, Ebx, 10, None},
    {"avx512f", L7, Ebx, 16, Zmm},
    {"evex512", L7, Ebx, 16, Zmm},
    {"avx512dq", L7, Ebx, 17, Zmm},
    {"rdseed", L7, Ebx, 18, None},
    {"adx", L7, Ebx, 19, None},
    {"avx512ifma", L7, Ebx, 21, Zmm},
    {"clflushopt", L7, Ebx, 23, None},
    {"clwb", L7, Ebx, 24, None},
    {"avx512cd", L7, Ebx, 28, Zmm},
    {"sha", L7, Ebx, 29, None},
    {"avx512bw", L7, Ebx, 30, Zmm},
    {"avx512vl", L7, Ebx, 31, Zmm},
    {"avx512vbmi", L7, Ecx, 1, Zmm},
    {"avx512vbmi2", L7, Ecx, 6, Zmm},
    {"gfni", L7, Ecx, 8, None},
    {"vaes", L7, Ecx, 9, Ymm},
    {"vpclmulqdq", L7, Ecx, 10, Ymm},
    {"avx512vnni", L7, Ecx, 11, Zmm},
    {"avx512bitalg", L7, Ecx, 12, Zmm},
    {"avx512vpopcntdq", L7, Ecx, 14, Zmm},
    {"rdpid", L7, Ecx, 22, None},
    {"movdiri", L7, Ecx, 27, None},
    {"movdir64b", L7, Ecx, 28, None},
    {"avx512vp2intersect", L7, Edx, 8, Zmm},
    {"serialize", L7, Edx, 14, None},
    {"amx-bf16", L7, Edx, 22, Tile},
    {"avx512fp16", L7, Edx, 23, Zmm},
    {"amx-tile", L7, Edx, 24, Tile},
    {"amx-int8", L7, Edx, 25, Tile},
    {"avxvnni", L7_1, Eax, 4, Ymm},
    {"avx512bf16", L7_1, Eax, 5, Zmm},
    {"amx-fp16", L7_1, Eax, 21, Tile},
    {"avxifma", L7_1, Eax, 23, Ymm},
    {"avxvnniint8", L7_1, Edx, 4, Ymm},
    {"avxneconvert", L7_1, Edx, 5, Ymm},
    {"avxvnniint16", L7_1, Edx, 10, Ymm},
    {"xsaveopt", LD_1, Eax, 0, None},
    {"xsavec", LD_1, Eax, 1, None},
    {"xsaves", LD_1, Eax, 3, None},
};

#elif defined(__aarch64__)

struct Feature {
  const char *name;
  int word; // 0: 0, 1: AT_HWCAP2
  int bit;
};

constexpr Feature kFeatures[] = {
    {"fp-armv8", 0, 0},   {"neon", 0, 1},     {"aes", 0, 4},
    {"sha2", 0, 6},       {"crc", 0, 7},      {"lse", 0, 8},
    {"fullfp16", 0, 10},  {"rdm", 0, 12},     {"jsconv", 0, 13},
    {"complxnum", 0, 14}, {"rcpc", 0, 15},    {"dotprod", 0, 20},
    {"sve", 0, 22},       {"fp16fml", 0, 23}, {"sve2", 1, 1},
    {"i8mm", 1, 13},      {"bf16", 1, 14},
};

#else
#error "unknown CPU architecture"
#endif

} // namespace

const char *rmsn::hostArch() {
#if defined(__x86_64__)
  return "x86-64";
#else
  return "aarch64";
#endif
}

uint16_t rmsn::hostElfMachine() {
#if defined(__x86_64__)
  return 62;
#else
  return 183;
#endif
}

CpuFeatures::CpuFeatures() {
#if defined(__x86_64__)
  for (size_t i = 0; i < std::size(kLeaves); ++i) {
    uint32_t *r = leaves[i];
    if (!__get_cpuid_count(kLeaves[i].leaf, kLeaves[i].subleaf, &r[0], &r[1],
                           &r[2], &r[3]))
      std::fill(r, r + 4, 0u);
  }
  // Leaf 7 says how many parts it has.
  if (leaves[L7][Eax] < 1)
    std::fill(leaves[L7_1], leaves[L7_1] + 4, 0u);
  constexpr uint32_t kOsXsave = 1u << 27;
  if (leaves[L1][Ecx] & kOsXsave) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    savedState = uint64_t(high) << 32 | low;
  }
#else
  capabilities[0] = getauxval(AT_HWCAP);
  capabilities[1] = getauxval(AT_HWCAP2);
#endif
}

bool CpuFeatures::hasEntry(size_t index) const {
  const Feature &feature = kFeatures[index];
#if defined(__x86_64__)
  return (leaves[feature.leaf][feature.reg] >> feature.bit & 1) &&
         (savedState & feature.state) == feature.state;
#else
  return capabilities[feature.word] >> feature.bit & 1;
#endif
}

bool CpuFeatures::has(const char *name) const {
  if (*name == '+')
    ++name;
  for (size_t i = 0; i < std::size(kFeatures); ++i)
    if (std::strcmp(kFeatures[i].name, name) == 0)
      return hasEntry(i);
  return false;
}

std::string CpuFeatures::list() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < std::size(kFeatures); ++i)
    if (hasEntry(i))
      names.push_back(kFeatures[i].name);
  std::sort(names.begin(), names.end());
  std::string list;
  for (const std::string &name : names)
    list += (list.empty() ? "" : ",") + name;
  return list;
}

unsigned rmsn::usableCpus() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return unsigned(std::max(1, CPU_COUNT(&set)));
  return unsigned(std::max(1l, sysconf(_SC_NPROCESSORS_ONLN)));
}

uint64_t rmsn::nontemporalThreshold() {
  // Streaming past the cache wins when the footprint is well beyond a core's
  // own cache (facts: from about 8 MB with 2 MB of L2); below, the next
  // operation finds its input in cache.
  long l2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return uint64_t(std::max(l2, 1l << 20)) * 4;
}

extern "C" int rmsn_cpu_has_feature(const char *feature) {
  return feature && CpuFeatures().has(feature);
}
