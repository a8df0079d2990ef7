//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

#include "cases.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

[[noreturn]] static void fail(const std::string &what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(2);
}

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

namespace {
struct Format {
  int mantissa, minExponent;
  unsigned bytes;
};
} // namespace

static Format formatOf(Dtype dtype) {
  switch (dtype) {
  case Dtype::F16:
    return {10, -14, 2};
  case Dtype::BF16:
    return {7, -126, 2};
  case Dtype::F32:
    return {23, -126, 4};
  case Dtype::F64:
    return {52, -1022, 8};
  }
  std::abort();
}

unsigned bytesOf(Dtype dtype) { return formatOf(dtype).bytes; }

double ulp(Dtype dtype, double value) {
  Format format = formatOf(dtype);
  int exponent = format.minExponent;
  if (value != 0)
    exponent = std::max(exponent, std::ilogb(value));
  return std::ldexp(1.0, exponent - format.mantissa);
}

double roundTo(Dtype dtype, double value) {
  double step = ulp(dtype, value);
  return std::nearbyint(value / step) * step;
}

double decode(Dtype dtype, const uint8_t *bytes) {
  if (dtype == Dtype::F64) {
    double value;
    std::memcpy(&value, bytes, 8);
    return value;
  }
  if (dtype == Dtype::F16) {
    uint16_t bits;
    std::memcpy(&bits, bytes, 2);
    int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double value = exponent == 0 ? std::ldexp(fraction, -24)
                   : exponent == 31
                       ? (fraction ? NAN : INFINITY)
                       : std::ldexp(fraction + 1024, exponent - 25);
    return bits >> 15 ? -value : value;
  }
  uint32_t bits = 0;
  if (dtype == Dtype::BF16)
    std::memcpy(reinterpret_cast<uint8_t *>(&bits) + 2, bytes, 2);
  else
    std::memcpy(&bits, bytes, 4);
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

void encode(Dtype dtype, double value, uint8_t *bytes) {
  if (dtype == Dtype::F64) {
    std::memcpy(bytes, &value, 8);
    return;
  }
  value = roundTo(dtype, value);
  if (dtype == Dtype::F16) {
    uint16_t bits = std::signbit(value) ? 0x8000 : 0;
    double magnitude = std::fabs(value);
    if (magnitude >= std::ldexp(1.0, -14)) {
      int exponent = std::ilogb(magnitude);
      bits |= (exponent + 15) << 10 |
              (int(std::ldexp(magnitude, 10 - exponent)) & 1023);
    } else {
      bits |= int(std::ldexp(magnitude, 24));
    }
    std::memcpy(bytes, &bits, 2);
    return;
  }
  float narrow = static_cast<float>(value);
  uint32_t bits;
  std::memcpy(&bits, &narrow, 4);
  if (dtype == Dtype::BF16)
    std::memcpy(bytes, reinterpret_cast<uint8_t *>(&bits) + 2, 2);
  else
    std::memcpy(bytes, &bits, 4);
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

static std::vector<std::string> split(const std::string &text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);)
    parts.push_back(part);
  return parts;
}

static OperandSpec parseOperand(const std::string &text) {
  std::vector<std::string> parts = split(text, ':');
  OperandSpec operand;
  if (parts.empty() || parts[0] == "scalar")
    fail("operand '" + text + "' is not a tensor");
  if (parts[0] == "f16")
    operand.dtype = Dtype::F16;
  else if (parts[0] == "bf16")
    operand.dtype = Dtype::BF16;
  else if (parts[0] == "f64")
    operand.dtype = Dtype::F64;
  else if (parts[0] != "f32")
    fail("operand '" + text + "' has an unknown type");
  if (parts.size() > 1)
    for (const std::string &dim : split(parts[1], ','))
      operand.dims.push_back(dim[0] == 'd' ? std::atoi(dim.c_str() + 1) : -1);
  return operand;
}

/// "name key=value key=value": the name, then the pairs.
static std::pair<std::string, std::map<std::string, std::string>>
parseLine(const std::string &line) {
  std::vector<std::string> words = split(line, ' ');
  std::map<std::string, std::string> pairs;
  for (size_t i = 1; i < words.size(); ++i) {
    size_t equal = words[i].find('=');
    if (equal == std::string::npos)
      fail("'" + words[i] + "' is not key=value in: " + line);
    pairs[words[i].substr(0, equal)] = words[i].substr(equal + 1);
  }
  return {words.empty() ? "" : words[0], pairs};
}

static std::ifstream open(const std::string &path) {
  std::ifstream file(path);
  if (!file)
    fail("cannot read " + path);
  return file;
}

std::map<std::string, KernelSpec> readKernels(const std::string &path) {
  std::map<std::string, KernelSpec> kernels;
  std::ifstream file = open(path);
  for (std::string line; std::getline(file, line);) {
    auto [name, pairs] = parseLine(line);
    KernelSpec kernel;
    kernel.symbol = name;
    auto number = [&, &values = pairs](const char *key) -> unsigned {
      if (!values.count(key))
        fail(std::string("no ") + key + " in: " + line);
      return std::strtoul(values[key].c_str(), nullptr, 10);
    };
    kernel.block = number("block");
    kernel.rowsPerBlock = number("rows_per_block");
    kernel.shared = number("shared");
    kernel.rowDims = number("row_dims");
    kernel.loops = number("loops");
    kernel.inputs = number("inputs");
    for (const std::string &text : split(pairs["operands"], ';'))
      kernel.operands.push_back(parseOperand(text));
    kernel.registers = pairs["registers"];
    kernel.spills = pairs["spills"];
    kernels[name] = kernel;
  }
  return kernels;
}

std::vector<CaseSpec> readCases(const std::string &path) {
  std::vector<CaseSpec> cases;
  std::ifstream file = open(path);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#')
      continue;
    auto [name, pairs] = parseLine(line);
    CaseSpec spec;
    spec.kernel = name;
    spec.label = pairs["label"];
    for (const std::string &extent : split(pairs["extents"], ','))
      spec.extents.push_back(std::atoll(extent.c_str()));
    spec.residual = pairs["residual"] == "1";
    spec.roundSum = pairs["round_sum"] == "1";
    spec.scale = pairs["scale"] == "1";
    spec.bias = pairs["bias"] == "1";
    spec.pad = std::atoll(pairs["pad"].c_str());
    spec.offset = std::atoll(pairs["offset"].c_str());
    cases.push_back(spec);
  }
  return cases;
}
