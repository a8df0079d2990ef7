// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "jit/spec_text.h"

#include "artifact/model.h"
#include "core/dtype.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <vector>

using namespace rmsn;

namespace {

bool isFloat(rmsn_dtype dtype) {
  return dtype >= RMSN_DTYPE_F16 && dtype <= RMSN_DTYPE_F64;
}

// A value in the text: its name and tensor type.
struct Tensor {
  std::string name;
  rmsn_dtype dtype;
  std::vector<int64_t> shape;

  std::string type() const {
    std::string text = "tensor<";
    for (int64_t extent : shape)
      text += (extent < 0 ? "?" : std::to_string(extent)) + "x";
    return text + dtypeName(dtype) + ">";
  }
};

class Generator {
public:
  explicit Generator(const rmsn_norm_spec &spec) : spec(spec) {}

  rmsn_status run(std::string &text);

private:
  rmsn_status check();
  rmsn_status checkParam(const rmsn_norm_param &param, const char *name) const;
  std::string fresh() { return "%" + std::to_string(counter++); }
  std::string number(double value) const;
  Tensor empty(rmsn_dtype dtype, const std::vector<int64_t> &shape,
               const Tensor &like);
  Tensor elementwise(const std::vector<Tensor> &inputs, rmsn_dtype result,
                     const std::vector<std::string> &body, const Tensor &like);
  std::string mapFor(const Tensor &operand) const;
  Tensor norm(const Tensor &x, const Tensor *scale, const Tensor *bias,
              const Tensor *eps, Tensor *rstd);

  const rmsn_norm_spec &spec;
  std::vector<int64_t> shape;
  std::vector<int32_t> axes;
  rmsn_dtype compute = RMSN_DTYPE_F32;
  std::string body;
  int counter = 0;
};

rmsn_status Generator::checkParam(const rmsn_norm_param &param,
                                  const char *name) const {
  if (param.dtype == RMSN_DTYPE_INVALID)
    return RMSN_STATUS_OK;
  if (!isFloat(param.dtype))
    return fail(RMSN_STATUS_WRONG_DTYPE,
                "rmsn_norm_spec.%s has dtype %s, expected f16, bf16, f32 or "
                "f64",
                name, dtypeName(param.dtype));
  if (param.rank < 0 || param.rank > spec.rank || (param.rank && !param.shape))
    return fail(RMSN_STATUS_WRONG_RANK,
                "rmsn_norm_spec.%s has rank %d, expected 0 to %d, that of x",
                name, param.rank, spec.rank);
  for (int i = 0; i < param.rank; ++i) {
    int64_t extent = param.shape[i];
    int64_t ours = shape[size_t(spec.rank - param.rank + i)];
    if (extent != 1 && extent != ours)
      return fail(RMSN_STATUS_WRONG_EXTENT,
                  "rmsn_norm_spec.%s has extent %" PRId64
                  " in dim %d, expected %" PRId64 " or 1",
                  name, extent, i, ours);
  }
  return RMSN_STATUS_OK;
}

rmsn_status Generator::check() {
  if (spec.op != RMSN_OP_RMS_NORM)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec.op is %d, expected RMSN_OP_RMS_NORM",
                int(spec.op));
  if (!isFloat(spec.dtype))
    return fail(RMSN_STATUS_WRONG_DTYPE,
                "rmsn_norm_spec.dtype is %s, expected f16, bf16, f32 or f64",
                dtypeName(spec.dtype));
  if (spec.rank < 1 || spec.rank > kMaxRank || !spec.shape)
    return fail(RMSN_STATUS_WRONG_RANK,
                "rmsn_norm_spec.rank is %d, expected 1 to %d and a shape",
                spec.rank, kMaxRank);
  shape.assign(spec.shape, spec.shape + spec.rank);
  for (int64_t extent : shape)
    if (extent < -1)
      return fail(RMSN_STATUS_WRONG_EXTENT,
                  "rmsn_norm_spec.shape has extent %" PRId64
                  ", expected -1 (dynamic) or more",
                  extent);
  if (spec.num_axes < 1 || spec.num_axes > spec.rank || !spec.axes)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec.num_axes is %d, expected 1 to %d",
                spec.num_axes, spec.rank);
  for (int i = 0; i < spec.num_axes; ++i) {
    int32_t axis = spec.axes[i] < 0 ? spec.axes[i] + spec.rank : spec.axes[i];
    if (axis < 0 || axis >= spec.rank ||
        std::count(axes.begin(), axes.end(), axis))
      return fail(RMSN_STATUS_INVALID_ARGUMENT,
                  "rmsn_norm_spec.axes has %d, expected distinct axes from %d "
                  "to %d",
                  spec.axes[i], -spec.rank, spec.rank - 1);
    axes.push_back(axis);
  }
  std::sort(axes.begin(), axes.end());
  RMSN_TRY(checkParam(spec.scale, "scale"));
  RMSN_TRY(checkParam(spec.bias, "bias"));
  RMSN_TRY(checkParam(spec.eps_param, "eps_param"));
  if (!(spec.eps >= 0) || std::isinf(spec.eps) || !(spec.min_rms >= 0) ||
      std::isinf(spec.min_rms))
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec.eps is %g and min_rms %g, expected finite "
                "numbers that are not negative",
                spec.eps, spec.min_rms);
  if (unsigned(spec.eps_mode) > RMSN_EPS_OUTSIDE)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec.eps_mode is %d, expected an rmsn_eps_mode",
                int(spec.eps_mode));
  if (!spec.residual && (spec.return_sum || spec.round_sum))
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec asks for a sum without residual");
  if (spec.return_rstd && spec.eps_param.dtype)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec.return_rstd cannot be had with eps_param: the "
                "epsilon differs within a row");
  return RMSN_STATUS_OK;
}

std::string Generator::number(double value) const {
  char text[48];
  snprintf(text, sizeof(text), "%.17e", value);
  return text;
}

Tensor Generator::empty(rmsn_dtype dtype, const std::vector<int64_t> &extents,
                        const Tensor &like) {
  Tensor result{"", dtype, extents};
  std::string dynamic;
  // Dynamic extents are those of `like`, aligned at the first dim that fits.
  for (size_t i = 0; i < extents.size(); ++i) {
    if (extents[i] >= 0)
      continue;
    std::string index = fresh(), dim = fresh();
    body += "  " + index + " = arith.constant " + std::to_string(i) +
            " : index\n  " + dim + " = tensor.dim " + like.name + ", " + index +
            " : " + like.type() + "\n";
    dynamic += (dynamic.empty() ? "" : ", ") + dim;
  }
  result.name = fresh();
  body += "  " + result.name + " = tensor.empty(" + dynamic +
          ") : " + result.type() + "\n";
  return result;
}

std::string Generator::mapFor(const Tensor &operand) const {
  size_t rank = shape.size(), own = operand.shape.size();
  std::string text = "affine_map<(";
  for (size_t i = 0; i < rank; ++i)
    text += (i ? ", d" : "d") + std::to_string(i);
  text += ") -> (";
  for (size_t i = 0; i < own; ++i) {
    size_t dim = rank - own + i;
    text += i ? ", " : "";
    text += operand.shape[i] == 1 && shape[dim] != 1
                ? "0"
                : "d" + std::to_string(dim);
  }
  return text + ")>";
}

// One linalg.generic. The body's lines name the inputs, extended to the compute
// type, {0}, {1} and so on; the last line's value is rounded to `result`.
Tensor Generator::elementwise(const std::vector<Tensor> &inputs,
                              rmsn_dtype resultType,
                              const std::vector<std::string> &lines,
                              const Tensor &like) {
  Tensor init = empty(resultType, like.shape, like);
  Tensor result{fresh(), resultType, like.shape};
  std::string maps, names, types, arguments;
  std::vector<std::string> values;
  std::string inner;
  std::string computeName = dtypeName(compute);
  auto convert = [&](const std::string &value, rmsn_dtype from, rmsn_dtype to) {
    if (from == to)
      return value;
    bool widens = dtypeSize(to) > dtypeSize(from);
    std::string converted = fresh();
    inner += "    " + converted + " = arith." + (widens ? "extf " : "truncf ") +
             value + " : " + dtypeName(from) + " to " + dtypeName(to) + "\n";
    return converted;
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor &input = inputs[i];
    std::string argument = "%in" + std::to_string(i);
    maps += mapFor(input) + ", ";
    names += (i ? ", " : "") + input.name;
    types += (i ? ", " : "") + input.type();
    arguments += argument + ": " + dtypeName(input.dtype) + ", ";
    values.push_back(convert(argument, input.dtype, compute));
  }
  maps += mapFor(like);
  std::string last = values[0];
  for (std::string line : lines) {
    for (size_t i = 0; i < values.size(); ++i) {
      std::string place = "{" + std::to_string(i) + "}";
      for (size_t at; (at = line.find(place)) != std::string::npos;)
        line.replace(at, place.size(), values[i]);
    }
    for (size_t at; (at = line.find("{last}")) != std::string::npos;)
      line.replace(at, 6, last);
    last = fresh();
    inner += "    " + last + " = " + line + " : " + computeName + "\n";
  }
  last = convert(last, compute, resultType);
  std::string iterators;
  for (size_t i = 0; i < shape.size(); ++i)
    iterators += i ? ", \"parallel\"" : "\"parallel\"";
  body += "  " + result.name + " = linalg.generic {indexing_maps = [" + maps +
          "], iterator_types = [" + iterators + "]} ins(" + names + " : " +
          types + ") outs(" + init.name + " : " + init.type() + ") {\n  ^bb0(" +
          arguments + "%out: " + dtypeName(resultType) + "):\n" + inner +
          "    linalg.yield " + last + " : " + dtypeName(resultType) +
          "\n  } -> " + result.type() + "\n";
  return result;
}

Tensor Generator::norm(const Tensor &x, const Tensor *scale, const Tensor *bias,
                       const Tensor *eps, Tensor *rstd) {
  Tensor y = empty(spec.dtype, x.shape, x);
  std::string outs = y.name, outTypes = y.type();
  if (rstd) {
    // Its extents are those of the rows; dims are counted in x.
    rstd->dtype = compute;
    std::string dynamic;
    for (size_t i = 0; i < shape.size(); ++i) {
      if (std::count(axes.begin(), axes.end(), int32_t(i)))
        continue;
      rstd->shape.push_back(shape[i]);
      if (shape[i] >= 0)
        continue;
      std::string index = fresh(), dim = fresh();
      body += "  " + index + " = arith.constant " + std::to_string(i) +
              " : index\n  " + dim + " = tensor.dim " + x.name + ", " + index +
              " : " + x.type() + "\n";
      dynamic += (dynamic.empty() ? "" : ", ") + dim;
    }
    std::string init = fresh();
    body += "  " + init + " = tensor.empty(" + dynamic + ") : " + rstd->type() +
            "\n";
    outs += ", " + init;
    outTypes += ", " + rstd->type();
  }
  std::string ins = x.name, inTypes = x.type();
  auto add = [&](const Tensor *tensor, const char *keyword) {
    if (!tensor)
      return;
    ins += std::string(", ") + keyword + " " + tensor->name;
    inTypes += ", " + tensor->type();
  };
  add(scale, "scale");
  add(bias, "bias");
  add(eps, "eps");
  std::string attributes = "axes = [";
  for (size_t i = 0; i < axes.size(); ++i)
    attributes += (i ? ", " : "") + std::to_string(axes[i]);
  attributes += "]";
  if (spec.eps != 0 && !eps)
    attributes += " eps = " + number(spec.eps);
  static const char *const modes[] = {"inside", "clamp", "outside"};
  if (spec.eps_mode != RMSN_EPS_INSIDE)
    attributes += std::string(" eps_mode = ") + modes[spec.eps_mode];
  if (spec.min_rms != 0)
    attributes += " min_rms = " + number(spec.min_rms);
  std::string results = fresh();
  body += "  " + results + (rstd ? ":2" : "") + " = rmsnorm.rms_norm " +
          attributes + " ins(" + ins + " : " + inTypes + ") outs(" + outs +
          " : " + outTypes + ")\n";
  y.name = rstd ? results + "#0" : results;
  if (rstd)
    rstd->name = results + "#1";
  return y;
}

rmsn_status Generator::run(std::string &text) {
  RMSN_TRY(check());
  if (spec.dtype == RMSN_DTYPE_F64)
    compute = RMSN_DTYPE_F64;
  std::string arguments;
  auto argument = [&](const char *name, rmsn_dtype dtype,
                      std::vector<int64_t> extents) {
    Tensor tensor{std::string("%") + name, dtype, std::move(extents)};
    arguments +=
        (arguments.empty() ? "" : ", ") + tensor.name + ": " + tensor.type();
    return tensor;
  };
  auto param = [&](const char *name, const rmsn_norm_param &p) {
    return argument(name, p.dtype,
                    std::vector<int64_t>(p.shape, p.shape + p.rank));
  };
  Tensor x = argument("x", spec.dtype, shape), residual, scale, bias, eps, sum,
         rstd;
  if (spec.residual)
    residual = argument("residual", spec.dtype, shape);
  bool hasScale = spec.scale.dtype, hasBias = spec.bias.dtype,
       hasEps = spec.eps_param.dtype;
  if (hasScale)
    scale = param("scale", spec.scale);
  if (hasBias)
    bias = param("bias", spec.bias);
  if (hasEps)
    eps = param("eps", spec.eps_param);

  std::string computeName = dtypeName(compute);
  auto constant = [&](double value) {
    std::string name = fresh();
    body += "  " + name + " = arith.constant " + number(value) + " : " +
            computeName + "\n";
    return name;
  };
  Tensor input = x;
  if (spec.residual) {
    std::vector<std::string> lines;
    if (spec.residual_scale == 1.0) {
      lines = {"arith.addf {0}, {1}"};
    } else {
      std::string factor = constant(spec.residual_scale);
      lines = {"arith.mulf {1}, " + factor, "arith.addf {0}, {last}"};
    }
    bool needRounded = spec.return_sum || spec.round_sum;
    if (needRounded)
      sum = elementwise({x, residual}, spec.dtype, lines, x);
    input =
        spec.round_sum ? sum : elementwise({x, residual}, compute, lines, x);
  }
  if (hasScale && spec.scale_offset != 0) {
    std::string offset = constant(spec.scale_offset);
    // A parameter's own shape takes the place of x's for a moment.
    std::vector<int64_t> whole = shape;
    shape = scale.shape;
    scale = elementwise({scale}, compute, {"arith.addf {0}, " + offset}, scale);
    shape = whole;
  }
  bool after = spec.cast_before_scale != 0;
  Tensor y = norm(input, hasScale && !after ? &scale : nullptr,
                  hasBias && !after ? &bias : nullptr, hasEps ? &eps : nullptr,
                  spec.return_rstd ? &rstd : nullptr);
  if (after && hasScale)
    y = elementwise({y, scale}, spec.dtype, {"arith.mulf {0}, {1}"}, y);
  if (after && hasBias)
    y = elementwise({y, bias}, spec.dtype, {"arith.addf {0}, {1}"}, y);

  std::string names = y.name, types = y.type();
  if (spec.return_sum) {
    names += ", " + sum.name;
    types += ", " + sum.type();
  }
  if (spec.return_rstd) {
    names += ", " + rstd.name;
    types += ", " + rstd.type();
  }
  bool several = spec.return_sum || spec.return_rstd;
  text = "func.func @main(" + arguments + ") -> " +
         (several ? "(" + types + ")" : types) + " {\n" + body + "  return " +
         names + " : " + types + "\n}\n";
  return RMSN_STATUS_OK;
}

} // namespace

rmsn_status rmsn::specText(const rmsn_norm_spec &spec, std::string &text) {
  return Generator(spec).run(text);
}
