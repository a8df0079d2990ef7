// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "jit/norm_spec.h"

#include "artifact/model.h"
#include "core/dtype.h"
#include "core/error.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <utility>

using namespace rmsn;

static bool isFloat(rmsn_dtype dtype) {
  return dtype >= RMSN_DTYPE_F16 && dtype <= RMSN_DTYPE_F64;
}

// ---- Checks --------------------------------------------------------------

rmsn_status NormSpec::checkParam(const rmsn_norm_param &param,
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

rmsn_status NormSpec::check() {
  if (spec.op != RMSN_OP_RMS_NORM && spec.op != RMSN_OP_RMS_NORM_BACKWARD)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec.op is %d, expected an rmsn_norm_op",
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
  for (auto [name, number] : {std::pair("residual_scale", spec.residual_scale),
                              std::pair("scale_offset", spec.scale_offset)})
    if (!std::isfinite(number))
      return fail(RMSN_STATUS_INVALID_ARGUMENT,
                  "rmsn_norm_spec.%s is %g, expected a finite number", name,
                  number);
  if (unsigned(spec.eps_mode) > RMSN_EPS_OUTSIDE)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec.eps_mode is %d, expected an rmsn_eps_mode",
                int(spec.eps_mode));
  RMSN_TRY(checkParam(spec.residual_scale_param, "residual_scale_param"));
  if (!spec.residual && spec.residual_scale_param.dtype)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec has a residual_scale_param without residual");
  if (unsigned(spec.gate) > RMSN_GATE_SIGMOID)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec.gate is %d, expected an rmsn_norm_gate",
                int(spec.gate));
  return isBackward() ? checkBackward() : checkForward();
}

bool NormSpec::epsVariesInRow() const {
  const rmsn_norm_param &param = spec.eps_param;
  if (!param.dtype)
    return false;
  for (int i = 0; i < param.rank; ++i) {
    int32_t dim = spec.rank - param.rank + i;
    if (std::count(axes.begin(), axes.end(), dim) &&
        (param.shape[i] != 1 || shape[size_t(dim)] == 1))
      return true;
  }
  return false;
}

rmsn_status NormSpec::checkForward() const {
  if (!spec.residual && (spec.return_sum || spec.round_sum))
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec asks for a sum without residual");
  if (spec.return_rstd && epsVariesInRow())
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec.return_rstd cannot be had with this eps_param: "
                "the epsilon differs within a row");
  return RMSN_STATUS_OK;
}

rmsn_status NormSpec::checkBackward() const {
  constexpr uint32_t known = 2 * RMSN_GRAD_GATE - 1;
  if (!spec.grads || spec.grads & ~known)
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec.grads is 0x%x, expected a combination of "
                "rmsn_norm_grad, not empty",
                spec.grads);
  const struct {
    uint32_t bit;
    bool there;
    const char *name, *needed;
  } rules[] = {{RMSN_GRAD_RESIDUAL, spec.residual != 0, "RESIDUAL", "residual"},
               {RMSN_GRAD_SCALE, spec.scale.dtype != 0, "SCALE", "scale"},
               {RMSN_GRAD_BIAS, spec.bias.dtype != 0, "BIAS", "bias"},
               {RMSN_GRAD_EPS, spec.eps_param.dtype != 0, "EPS", "eps_param"},
               {RMSN_GRAD_RESIDUAL_SCALE, spec.residual_scale_param.dtype != 0,
                "RESIDUAL_SCALE", "residual_scale_param"},
               {RMSN_GRAD_GATE, spec.gate != RMSN_GATE_NONE, "GATE", "gate"}};
  for (const auto &rule : rules)
    if (wants(rule.bit) && !rule.there)
      return fail(RMSN_STATUS_INVALID_ARGUMENT,
                  "rmsn_norm_spec.grads has RMSN_GRAD_%s, but there is no %s",
                  rule.name, rule.needed);
  if (!spec.residual && (spec.has_dsum || spec.input_is_sum || spec.round_sum))
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec has has_dsum, input_is_sum or round_sum "
                "without residual");
  if (spec.has_rstd && epsVariesInRow())
    return fail(RMSN_STATUS_INVALID_ARGUMENT,
                "rmsn_norm_spec.has_rstd cannot be with this eps_param: the "
                "epsilon differs within a row");
  return RMSN_STATUS_OK;
}

// ---- What is asked for ---------------------------------------------------

std::string NormSpec::attributes() const {
  std::string text = " axes = [";
  for (size_t i = 0; i < axes.size(); ++i)
    text += (i ? ", " : "") + std::to_string(axes[i]);
  text += "]";
  if (spec.eps != 0 && !spec.eps_param.dtype)
    text += " eps = " + numberText(spec.eps);
  static const char *const modes[] = {"inside", "clamp", "outside"};
  if (spec.eps_mode != RMSN_EPS_INSIDE)
    text += std::string(" eps_mode = ") + modes[spec.eps_mode];
  if (spec.min_rms != 0)
    text += " min_rms = " + numberText(spec.min_rms);
  return text;
}

std::vector<size_t> NormSpec::rowDims() const {
  std::vector<size_t> dims;
  for (size_t i = 0; i < shape.size(); ++i)
    if (!std::count(axes.begin(), axes.end(), int32_t(i)))
      dims.push_back(i);
  return dims;
}

std::vector<int64_t> NormSpec::rowShape() const {
  std::vector<int64_t> extents;
  for (size_t dim : rowDims())
    extents.push_back(shape[dim]);
  return extents;
}

// ---- Parts of the text ---------------------------------------------------

void OperandList::add(const TextTensor &tensor, const char *keyword) {
  if (!tensor)
    return;
  names += names.empty() ? "" : ", ";
  types += types.empty() ? "" : ", ";
  if (keyword)
    names += std::string(keyword) + " ";
  names += tensor.name;
  types += tensor.type();
}

TextTensor NormText::parameter(const char *name, const rmsn_norm_param &param) {
  if (!param.dtype)
    return {};
  return b.argument(
      name, param.dtype,
      std::vector<int64_t>(param.shape, param.shape + param.rank));
}

std::string NormText::addResidual(ScalarText &t, const std::string &x,
                                  const std::string &residual,
                                  const std::string &factor) const {
  if (!factor.empty())
    return t.add(x, t.mul(residual, factor));
  if (spec.residual_scale == 1.0)
    return t.add(x, residual);
  return t.add(x, t.mul(residual, t.constant(spec.residual_scale)));
}

TextTensor NormText::buildSum(const TextTensor &x, const TextTensor &residual,
                              const TextTensor &residualScale,
                              rmsn_dtype dtype) {
  std::vector<TextTensor> inputs{x, residual};
  if (residualScale)
    inputs.push_back(residualScale);
  return b.map(inputs, dtype, x, [&](ScalarText &t, const Scalars &v) {
    return Scalars{
        addResidual(t, v[0], v[1], residualScale ? v[2] : std::string())};
  });
}

TextTensor NormText::buildOffsetScale(const TextTensor &scale) {
  if (!scale || spec.scale_offset == 0)
    return scale;
  return b.map({scale}, b.getCompute(), scale,
               [&](ScalarText &t, const Scalars &v) {
                 return Scalars{t.add(v[0], t.constant(spec.scale_offset))};
               });
}

TextTensor NormText::buildGated(const TextTensor &input, const TextTensor &gate,
                                rmsn_dtype dtype) {
  return b.map({input, gate}, dtype, input,
               [&](ScalarText &t, const Scalars &v) {
                 return Scalars{t.mul(v[0], t.gate(spec.gate, v[1]))};
               });
}

TextTensor NormText::buildNorm(const TextTensor &x, const TextTensor &scale,
                               const TextTensor &bias, const TextTensor &eps,
                               rmsn_dtype dtype, TextTensor *rstd) {
  OperandList ins, outs;
  ins.add(x);
  ins.add(scale, "scale");
  ins.add(bias, "bias");
  ins.add(eps, "eps");
  TextTensor y = b.empty(dtype, x.shape, x);
  outs.add(y);
  if (rstd) {
    std::vector<size_t> dims = norm.rowDims();
    *rstd = b.empty(b.getCompute(), norm.rowShape(), x, &dims);
    outs.add(*rstd);
  }
  std::string results = b.fresh();
  b.add("  " + results + (rstd ? ":2" : "") + " = rmsnorm.rms_norm" +
        norm.attributes() + ins.text("ins") + outs.text("outs") + "\n");
  y.name = rstd ? results + "#0" : results;
  if (rstd)
    rstd->name = results + "#1";
  return y;
}
