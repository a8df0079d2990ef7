// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The backward of what forward_text.cpp writes: rmsnorm.rms_norm_backward
// between the derivatives of the elementwise code around the norm.

#include "jit/norm_spec.h"

using namespace rmsn;

namespace {
class BackwardText : public NormText {
public:
  using NormText::NormText;
  std::string run();

private:
  void takeArguments();
  void buildInput();
  void buildNormBackward();
  TextTensor buildScaleAfterCast();
  void buildInputGradients();
  bool gatedBefore() const { return spec.gate && spec.gate_before_norm; }
  bool gatedAfter() const { return spec.gate && !spec.gate_before_norm; }
  bool scaledAfterCast() const {
    return spec.cast_before_scale && spec.scale.dtype;
  }
  std::string residualFactor(ScalarText &t, const std::string &given) const {
    return given.empty() ? t.constant(spec.residual_scale) : given;
  }

  // Arguments; nothing where absent.
  TextTensor dy, dsum, x, residual, scale, bias, eps, residualScale, gate, rstd;
  TextTensor sum;   // what the residual is added to, or x
  TextTensor input; // what is normalised
  TextTensor wholeScale;
  TextTensor dinput;
  // Results, by the number of their bit.
  TextTensor grads[7];
};
} // namespace

void BackwardText::takeArguments() {
  dy = argument("dy");
  if (spec.has_dsum)
    dsum = argument("dsum");
  x = argument("x");
  if (spec.residual &&
      (!spec.input_is_sum || norm.wants(RMSN_GRAD_RESIDUAL_SCALE)))
    residual = argument("residual");
  scale = parameter("scale", spec.scale);
  if (gatedAfter() && norm.wants(RMSN_GRAD_GATE))
    bias = parameter("bias", spec.bias);
  eps = parameter("eps", spec.eps_param);
  residualScale = parameter("residual_scale", spec.residual_scale_param);
  if (spec.gate)
    gate = argument("gate");
  if (spec.has_rstd)
    rstd = b.argument("rstd", b.getCompute(), norm.rowShape(), norm.rowDims());
}

void BackwardText::buildInput() {
  sum = x;
  if (spec.residual && !spec.input_is_sum)
    sum = buildSum(x, residual, residualScale,
                   spec.round_sum ? spec.dtype : b.getCompute());
  input = gatedBefore() ? buildGated(sum, gate, b.getCompute()) : sum;
  wholeScale = buildOffsetScale(scale);
}

/// sum of dy * round(x/d).
TextTensor BackwardText::buildScaleAfterCast() {
  std::vector<int64_t> extents(spec.scale.shape,
                               spec.scale.shape + spec.scale.rank);
  TextTensor factor = rstd;
  TextTensor other = input;
  if (!rstd) {
    other = buildNorm(input, {}, {}, eps, spec.dtype);
    factor = {};
  }
  std::vector<TextTensor> inputs{dy, other};
  if (factor)
    inputs.push_back(factor);
  if (gatedAfter())
    inputs.push_back(gate);
  return b.sum(inputs, spec.scale.dtype, extents, x,
               [&](ScalarText &t, const Scalars &v) {
                 std::string normed =
                     factor ? t.round(t.mul(v[1], v[2]), spec.dtype) : v[1];
                 std::string weight = v[0];
                 if (gatedAfter())
                   weight = t.mul(weight, t.gate(spec.gate, v.back()));
                 return Scalars{t.mul(weight, normed)};
               });
}

void BackwardText::buildNormBackward() {
  // The gradient of the norm's own result.
  TextTensor dnorm = gatedAfter() ? buildGated(dy, gate, b.getCompute()) : dy;
  OperandList ins, outs;
  TextTensor weighted = dnorm;
  if (scaledAfterCast())
    weighted = b.map({dnorm, wholeScale}, b.getCompute(), dnorm,
                     [](ScalarText &t, const Scalars &v) {
                       return Scalars{t.mul(v[0], v[1])};
                     });
  ins.add(weighted);
  ins.add(input);
  if (!scaledAfterCast())
    ins.add(wholeScale, "scale");
  ins.add(eps, "eps");
  ins.add(rstd, "rstd");
  // Rounded here unless something comes after.
  bool more = spec.has_dsum || gatedBefore() ||
              norm.wants(RMSN_GRAD_RESIDUAL | RMSN_GRAD_RESIDUAL_SCALE);
  std::vector<TextTensor *> results{&dinput};
  dinput = b.empty(more ? b.getCompute() : spec.dtype, norm.shape, x);
  outs.add(dinput);
  auto ask = [&](uint32_t grad, int index, const rmsn_norm_param &param,
                 const char *keyword) {
    if (!norm.wants(grad))
      return;
    grads[index] =
        b.empty(param.dtype,
                std::vector<int64_t>(param.shape, param.shape + param.rank), x);
    outs.add(grads[index], keyword);
    results.push_back(&grads[index]);
  };
  bool biasAside = scaledAfterCast(); // dy is already multiplied by the scale
  if (!scaledAfterCast())
    ask(RMSN_GRAD_SCALE, 2, spec.scale, "dscale");
  if (!biasAside)
    ask(RMSN_GRAD_BIAS, 3, spec.bias, "dbias");
  ask(RMSN_GRAD_EPS, 4, spec.eps_param, "deps");
  std::string name = b.fresh();
  bool several = results.size() > 1;
  b.add("  " + name +
        (several ? ":" + std::to_string(results.size()) : std::string()) +
        " = rmsnorm.rms_norm_backward" + norm.attributes() + ins.text("ins") +
        outs.text("outs") + "\n");
  for (size_t i = 0; i < results.size(); ++i)
    results[i]->name = several ? name + "#" + std::to_string(i) : name;
  if (scaledAfterCast() && norm.wants(RMSN_GRAD_SCALE))
    grads[2] = buildScaleAfterCast();
  if (biasAside && norm.wants(RMSN_GRAD_BIAS))
    grads[3] = b.sum(
        {dnorm}, spec.bias.dtype,
        std::vector<int64_t>(spec.bias.shape, spec.bias.shape + spec.bias.rank),
        x, [](ScalarText &, const Scalars &v) { return Scalars{v[0]}; });
}

/// From the gradient of what is normalised to those of x, residual, its scale
/// and a gate before the norm.
void BackwardText::buildInputGradients() {
  std::vector<TextTensor> inputs{dinput};
  auto input = [&](const TextTensor &tensor) {
    inputs.push_back(tensor);
    return inputs.size() - 1;
  };
  size_t gateAt = 0, sumAt = 0, dsumAt = 0, factorAt = 0;
  if (gatedBefore())
    gateAt = input(gate);
  if (gatedBefore() && norm.wants(RMSN_GRAD_GATE))
    sumAt = input(sum);
  if (dsum)
    dsumAt = input(dsum);
  if (residualScale && norm.wants(RMSN_GRAD_RESIDUAL))
    factorAt = input(residualScale);

  std::vector<rmsn_dtype> dtypes;
  std::vector<TextTensor *> targets;
  TextTensor dwhole; // of the sum, unrounded
  auto result = [&](bool wanted, TextTensor &target, rmsn_dtype dtype) {
    if (!wanted)
      return;
    targets.push_back(&target);
    dtypes.push_back(dtype);
  };
  bool wantsFactor = norm.wants(RMSN_GRAD_RESIDUAL_SCALE);
  bool wantsGate = gatedBefore() && norm.wants(RMSN_GRAD_GATE);
  result(norm.wants(RMSN_GRAD_X), grads[0], spec.dtype);
  result(norm.wants(RMSN_GRAD_RESIDUAL), grads[1], spec.dtype);
  result(wantsFactor, dwhole, b.getCompute());
  result(wantsGate, grads[6], spec.dtype);
  if (targets.empty())
    return;
  bool same = dinput.dtype == spec.dtype && targets.size() == 1 &&
              targets[0] == &grads[0] && inputs.size() == 1;
  if (same) {
    grads[0] = dinput;
    return;
  }
  std::vector<TextTensor> made =
      b.map(inputs, dtypes, x, [&](ScalarText &t, const Scalars &v) {
        std::string whole = v[0];
        if (gatedBefore())
          whole = t.mul(whole, t.gate(spec.gate, v[gateAt]));
        if (dsum)
          whole = t.add(whole, v[dsumAt]);
        Scalars values;
        if (norm.wants(RMSN_GRAD_X))
          values.push_back(whole);
        if (norm.wants(RMSN_GRAD_RESIDUAL))
          values.push_back(
              t.mul(whole, residualFactor(t, factorAt ? v[factorAt] : "")));
        if (wantsFactor)
          values.push_back(whole);
        if (wantsGate)
          values.push_back(t.mul(t.mul(v[0], v[sumAt]),
                                 t.gateDerivative(spec.gate, v[gateAt])));
        return values;
      });
  for (size_t i = 0; i < targets.size(); ++i)
    *targets[i] = made[i];
  if (wantsFactor)
    grads[5] =
        b.sum({dwhole, residual}, spec.residual_scale_param.dtype,
              residualScale.shape, x, [](ScalarText &t, const Scalars &v) {
                return Scalars{t.mul(v[0], v[1])};
              });
}

std::string BackwardText::run() {
  takeArguments();
  buildInput();
  buildNormBackward();
  buildInputGradients();
  if (gatedAfter() && norm.wants(RMSN_GRAD_GATE)) {
    TextTensor normed = buildNorm(input, wholeScale, bias, eps, b.getCompute());
    grads[6] = b.map({dy, normed, gate}, spec.dtype, x,
                     [&](ScalarText &t, const Scalars &v) {
                       return Scalars{t.mul(t.mul(v[0], v[1]),
                                            t.gateDerivative(spec.gate, v[2]))};
                     });
  }
  std::vector<TextTensor> results;
  for (int i = 0; i < 7; ++i)
    if (norm.wants(1u << i))
      results.push_back(grads[i]);
  return b.finish(results);
}

std::string rmsn::backwardText(const NormSpec &norm) {
  return BackwardText(norm).run();
}
