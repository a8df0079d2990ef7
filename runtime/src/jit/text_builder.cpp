// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "jit/text_builder.h"

#include "core/dtype.h"

#include <algorithm>
#include <cstdio>

using namespace rmsn;

std::string rmsn::numberText(double value) {
  char text[48];
  snprintf(text, sizeof(text), "%.17e", value);
  return text;
}

std::string TextTensor::type() const {
  std::string text = "tensor<";
  for (int64_t extent : shape)
    text += (extent < 0 ? "?" : std::to_string(extent)) + "x";
  return text + dtypeName(dtype) + ">";
}

// ---- Scalars -------------------------------------------------------------

std::string ScalarText::line(const std::string &operation) {
  std::string name = owner.fresh();
  code += "    " + name + " = " + operation + " : " +
          dtypeName(owner.getCompute()) + "\n";
  return name;
}

std::string ScalarText::constant(double value) {
  return line("arith.constant " + numberText(value));
}
std::string ScalarText::add(const std::string &lhs, const std::string &rhs) {
  return line("arith.addf " + lhs + ", " + rhs);
}
std::string ScalarText::sub(const std::string &lhs, const std::string &rhs) {
  return line("arith.subf " + lhs + ", " + rhs);
}
std::string ScalarText::mul(const std::string &lhs, const std::string &rhs) {
  return line("arith.mulf " + lhs + ", " + rhs);
}

std::string ScalarText::convert(const std::string &value, rmsn_dtype from,
                                rmsn_dtype to) {
  if (from == to)
    return value;
  std::string name = owner.fresh();
  bool widens = dtypeSize(to) > dtypeSize(from);
  code += "    " + name + " = arith." + (widens ? "extf " : "truncf ") + value +
          " : " + dtypeName(from) + " to " + dtypeName(to) + "\n";
  return name;
}

std::string ScalarText::round(const std::string &value, rmsn_dtype dtype) {
  rmsn_dtype compute = owner.getCompute();
  return convert(convert(value, compute, dtype), dtype, compute);
}

std::string ScalarText::sigmoid(const std::string &z) {
  std::string one = constant(1);
  std::string power = line("math.exp " + line("arith.negf " + z));
  return line("arith.divf " + one + ", " + add(one, power));
}

std::string ScalarText::gate(rmsn_norm_gate kind, const std::string &z) {
  std::string value = sigmoid(z);
  return kind == RMSN_GATE_SILU ? mul(z, value) : value;
}

std::string ScalarText::gateDerivative(rmsn_norm_gate kind,
                                       const std::string &z) {
  std::string value = sigmoid(z), one = constant(1);
  std::string rest = sub(one, value);
  // s(z)(1 - s(z)), and s(z)(1 + z(1 - s(z))).
  return mul(value, kind == RMSN_GATE_SILU ? add(one, mul(z, rest)) : rest);
}

// ---- Tensors -------------------------------------------------------------

TextTensor TextBuilder::argument(const char *name, rmsn_dtype dtype,
                                 std::vector<int64_t> shape,
                                 std::vector<size_t> dims) {
  TextTensor tensor{std::string("%") + name, dtype, std::move(shape),
                    std::move(dims)};
  arguments +=
      (arguments.empty() ? "" : ", ") + tensor.name + ": " + tensor.type();
  return tensor;
}

TextTensor TextBuilder::empty(rmsn_dtype dtype,
                              const std::vector<int64_t> &shape,
                              const TextTensor &like,
                              const std::vector<size_t> *dims) {
  TextTensor result{"", dtype, shape, dims ? *dims : std::vector<size_t>()};
  std::string dynamic;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] >= 0)
      continue;
    size_t source = dims ? (*dims)[i] : like.shape.size() - shape.size() + i;
    std::string index = fresh(), dim = fresh();
    body += "  " + index + " = arith.constant " + std::to_string(source) +
            " : index\n  " + dim + " = tensor.dim " + like.name + ", " + index +
            " : " + like.type() + "\n";
    dynamic += (dynamic.empty() ? "" : ", ") + dim;
  }
  result.name = fresh();
  body += "  " + result.name + " = tensor.empty(" + dynamic +
          ") : " + result.type() + "\n";
  return result;
}

std::string TextBuilder::mapOf(const TextTensor &operand,
                               const std::vector<int64_t> &space) const {
  size_t rank = space.size(), own = operand.shape.size();
  std::string text = "affine_map<(";
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", d" : "d") + std::to_string(i);
  text += ") -> (";
  for (size_t i = 0; i < own; ++i) {
    size_t dim = operand.dims.empty() ? rank - own + i : operand.dims[i];
    text += i ? ", " : "";
    text += operand.dims.empty() && operand.shape[i] == 1 && space[dim] != 1
                ? "0"
                : "d" + std::to_string(dim);
  }
  return text + ")>";
}

TextBuilder::Inputs
TextBuilder::listInputs(const std::vector<TextTensor> &inputs,
                        const std::vector<int64_t> &space) {
  Inputs list;
  ScalarText scalars(*this, list.code);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const TextTensor &input = inputs[i];
    std::string argument = "%in" + std::to_string(i);
    list.maps += mapOf(input, space) + ", ";
    list.names += (i ? ", " : "") + input.name;
    list.types += (i ? ", " : "") + input.type();
    list.arguments += argument + ": " + dtypeName(input.dtype) + ", ";
    list.values.push_back(scalars.convert(argument, input.dtype, compute));
  }
  return list;
}

std::vector<TextTensor> TextBuilder::map(const std::vector<TextTensor> &inputs,
                                         const std::vector<rmsn_dtype> &results,
                                         const TextTensor &like,
                                         const ScalarBody &bodyOf) {
  std::vector<TextTensor> tensors;
  std::string outs, types, blockArguments, yields, yieldTypes;
  Inputs list = listInputs(inputs, like.shape);
  ScalarText scalars(*this, list.code);
  Scalars values = bodyOf(scalars, list.values);
  std::string iterators, maps = list.maps;
  for (size_t i = 0; i < like.shape.size(); ++i)
    iterators += i ? ", \"parallel\"" : "\"parallel\"";
  for (size_t i = 0; i < results.size(); ++i) {
    TextTensor init = empty(results[i], like.shape, like);
    const char *separator = i ? ", " : "";
    maps += separator + mapOf(init, like.shape);
    outs += separator + init.name;
    types += separator + init.type();
    blockArguments +=
        separator + ("%out" + std::to_string(i)) + ": " + dtypeName(results[i]);
    yields += separator + scalars.convert(values[i], compute, results[i]);
    yieldTypes += std::string(separator) + dtypeName(results[i]);
    tensors.push_back(init);
  }
  std::string name = fresh();
  bool several = results.size() > 1;
  for (size_t i = 0; i < results.size(); ++i)
    tensors[i].name = several ? name + "#" + std::to_string(i) : name;
  body += "  " + name +
          (several ? ":" + std::to_string(results.size()) : std::string()) +
          " = linalg.generic {indexing_maps = [" + maps +
          "], iterator_types = [" + iterators + "]} ins(" + list.names + " : " +
          list.types + ") outs(" + outs + " : " + types + ") {\n  ^bb0(" +
          list.arguments + blockArguments + "):\n" + list.code +
          "    linalg.yield " + yields + " : " + yieldTypes + "\n  } -> " +
          (several ? "(" + types + ")" : types) + "\n";
  return tensors;
}

TextTensor TextBuilder::map(const std::vector<TextTensor> &inputs,
                            rmsn_dtype result, const TextTensor &like,
                            const ScalarBody &bodyOf) {
  return map(inputs, std::vector<rmsn_dtype>{result}, like, bodyOf)[0];
}

TextTensor TextBuilder::sum(const std::vector<TextTensor> &inputs,
                            rmsn_dtype result,
                            const std::vector<int64_t> &shape,
                            const TextTensor &like, const ScalarBody &bodyOf) {
  const std::vector<int64_t> &space = like.shape;
  std::string computeName = dtypeName(compute);
  TextTensor init = empty(compute, shape, like);
  std::string zero = fresh(), filled = fresh();
  body += "  " + zero + " = arith.constant 0.0 : " + computeName + "\n  " +
          filled + " = linalg.fill ins(" + zero + " : " + computeName +
          ") outs(" + init.name + " : " + init.type() + ") -> " + init.type() +
          "\n";
  Inputs list = listInputs(inputs, space);
  ScalarText scalars(*this, list.code);
  std::string value = bodyOf(scalars, list.values)[0];
  std::string total = scalars.add("%out", value);
  std::string map = mapOf(init, space), iterators;
  std::string used = map.substr(map.find("->"));
  for (size_t i = 0; i < space.size(); ++i) {
    // Exact names: d1 is not d10.
    std::string name = "d" + std::to_string(i);
    bool parallel = used.find("(" + name + ",") != std::string::npos ||
                    used.find("(" + name + ")") != std::string::npos ||
                    used.find(" " + name + ",") != std::string::npos ||
                    used.find(" " + name + ")") != std::string::npos;
    iterators += std::string(i ? ", " : "") +
                 (parallel ? "\"parallel\"" : "\"reduction\"");
  }
  TextTensor summed{fresh(), compute, shape, {}};
  body += "  " + summed.name + " = linalg.generic {indexing_maps = [" +
          list.maps + map + "], iterator_types = [" + iterators + "]} ins(" +
          list.names + " : " + list.types + ") outs(" + filled + " : " +
          init.type() + ") {\n  ^bb0(" + list.arguments +
          "%out: " + computeName + "):\n" + list.code + "    linalg.yield " +
          total + " : " + computeName + "\n  } -> " + summed.type() + "\n";
  if (result == compute)
    return summed;
  return this->map(
      {summed}, result, summed,
      [](ScalarText &, const Scalars &v) { return Scalars{v[0]}; });
}

std::string TextBuilder::finish(const std::vector<TextTensor> &results) const {
  std::string names, types;
  for (size_t i = 0; i < results.size(); ++i) {
    names += (i ? ", " : "") + results[i].name;
    types += (i ? ", " : "") + results[i].type();
  }
  return "func.func @main(" + arguments + ") -> " +
         (results.size() > 1 ? "(" + types + ")" : types) + " {\n" + body +
         "  return " + names + " : " + types + "\n}\n";
}
