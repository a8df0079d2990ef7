// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "jit/norm_spec.h"

using namespace rmsn;

namespace {
class ForwardText : public NormText {
public:
  using NormText::NormText;
  std::string run();
};
} // namespace

std::string ForwardText::run() {
  TextTensor x = argument("x"), residual, gate, sum, rstd;
  if (spec.residual)
    residual = argument("residual");
  TextTensor scale = parameter("scale", spec.scale);
  TextTensor bias = parameter("bias", spec.bias);
  TextTensor eps = parameter("eps", spec.eps_param);
  TextTensor residualScale =
      parameter("residual_scale", spec.residual_scale_param);
  if (spec.gate)
    gate = argument("gate");

  TextTensor input = x;
  if (spec.residual) {
    if (spec.return_sum || spec.round_sum)
      sum = buildSum(x, residual, residualScale, spec.dtype);
    input = spec.round_sum
                ? sum
                : buildSum(x, residual, residualScale, b.getCompute());
  }
  bool gatedAfter = spec.gate && !spec.gate_before_norm;
  if (spec.gate && spec.gate_before_norm)
    input = buildGated(input, gate, b.getCompute());
  scale = buildOffsetScale(scale);
  bool castFirst = spec.cast_before_scale != 0;
  TextTensor none;
  TextTensor y =
      buildNorm(input, castFirst ? none : scale, castFirst ? none : bias, eps,
                gatedAfter && !castFirst ? b.getCompute() : spec.dtype,
                spec.return_rstd ? &rstd : nullptr);
  if (castFirst && scale)
    y = b.map({y, scale}, spec.dtype, y, [](ScalarText &t, const Scalars &v) {
      return Scalars{t.mul(v[0], v[1])};
    });
  if (castFirst && bias)
    y = b.map({y, bias}, spec.dtype, y, [](ScalarText &t, const Scalars &v) {
      return Scalars{t.add(v[0], v[1])};
    });
  if (gatedAfter)
    y = buildGated(y, gate, spec.dtype);

  std::vector<TextTensor> results{y};
  if (spec.return_sum)
    results.push_back(sum);
  if (spec.return_rstd)
    results.push_back(rstd);
  return b.finish(results);
}

std::string rmsn::forwardText(const NormSpec &norm) {
  return ForwardText(norm).run();
}
