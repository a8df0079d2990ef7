// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "norm_call.h"

#include <torch/csrc/stable/ops.h>

#include <algorithm>
#include <cmath>
#include <string>

using namespace rmsnorm_torch;

namespace {

std::string shapeText(const View &view) {
  std::string text = "shape [";
  for (int i = 0; i < view.tensor.ndim; ++i)
    text += (i ? ", " : "") + std::to_string(view.dims[i]);
  return text + "]";
}

// Collects a call: the description, its key, and the tensors in order.
class Call {
public:
  Call(const NormInputs &inputs, NormOptions options)
      : inputs(inputs), options(std::move(options)), x(viewOf(inputs.x)) {
    rank = x.tensor.ndim;
    checkAxes();
    whole.push_back(&x);
    spec.struct_size = sizeof spec;
    spec.dtype = dtypeOf(inputs.x);
    if (spec.dtype == RMSN_DTYPE_INVALID)
      invalid("x", "a dtype without a kernel", "f16, bf16, f32 or f64");
    spec.min_rms = this->options.minRms;
    spec.eps = this->options.eps;
    if (inputs.epsParam)
      spec.eps = 0; // replaced
    else if (std::sqrt(spec.eps) >= spec.min_rms)
      spec.min_rms = 0; // cannot act
    spec.scale_offset = inputs.weight ? this->options.weightOffset : 0;
    spec.cast_before_scale = this->options.castBeforeWeight;
    spec.residual = inputs.residual.has_value();
    spec.residual_scale = inputs.residual ? this->options.residualFactor : 1.0;
    spec.round_sum = inputs.residual && this->options.roundSum;
    spec.gate =
        inputs.gate ? rmsn_norm_gate(this->options.gate) : RMSN_GATE_NONE;
    spec.gate_before_norm = inputs.gate && this->options.gateBeforeNorm;
    same("residual", inputs.residual, residual);
    same("gate", inputs.gate, gate);
    parameter("weight", inputs.weight, weight);
    parameter("bias", inputs.bias, bias);
    parameter("eps_param", inputs.epsParam, epsParam);
    parameter("residual_scale", inputs.residualScale, residualScale);
  }

  // Another tensor of x's shape.
  void same(const char *name, const MaybeTensor &tensor, View &view) {
    if (!tensor)
      return;
    view = viewOf(*tensor);
    if (view.tensor.ndim != rank ||
        !std::equal(view.dims, view.dims + rank, x.dims) ||
        dtypeOf(*tensor) != spec.dtype)
      invalid(name, shapeText(view), "x's dtype and " + shapeText(x));
    whole.push_back(&view);
  }

  // Makes rows and columns of everything where that is a view.
  void finish() {
    collapse();
    for (View *view : whole)
      settle(*view);
    for (View *view : {&weight, &bias, &epsParam, &residualScale})
      settle(*view);
    for (int i = 0; i < rank; ++i)
      shape[i] = normalized(i) ? x.dims[i] : -1;
    spec.rank = rank;
    spec.shape = shape;
    spec.num_axes = int32_t(axes.size());
    spec.axes = axes.data();
    describe(weight, inputs.weight, spec.scale, paramShapes[0]);
    describe(bias, inputs.bias, spec.bias, paramShapes[1]);
    describe(epsParam, inputs.epsParam, spec.eps_param, paramShapes[2]);
    describe(residualScale, inputs.residualScale, spec.residual_scale_param,
             paramShapes[3]);
    addKey();
  }

  void argument(const View &view) { arguments[numArguments++] = &view.tensor; }
  void maybeArgument(const MaybeTensor &tensor, const View &view) {
    if (tensor)
      argument(view);
  }

  // A result that is seen like x, or like the parameter it belongs to.
  Tensor result(const Tensor &like, const View &seenAs) {
    Tensor tensor = newLike(like);
    resultViews[numResults] = viewOf(tensor);
    View &view = resultViews[numResults];
    if (seenAs.tensor.ndim != view.tensor.ndim ||
        !std::equal(view.dims, view.dims + view.tensor.ndim, seenAs.dims)) {
      int64_t run = 1; // collapsed: it is contiguous
      for (int i = seenAs.tensor.ndim; i-- > 0;) {
        view.dims[i] = seenAs.dims[i];
        view.dims[kMaxRank + i] = run;
        run *= std::max<int64_t>(seenAs.dims[i], 1);
      }
      view.tensor.ndim = seenAs.tensor.ndim;
    }
    ++numResults;
    return tensor;
  }

  // rstd, of the extents that are not normalised.
  Tensor rstdResult() {
    int64_t extents[kMaxRank], seen[kMaxRank];
    int count = 0, seenCount = 0;
    for (int i = 0; i < int(fullRank); ++i)
      if (!std::count(fullAxes.begin(), fullAxes.end(), i))
        extents[count++] = inputs.x.sizes()[size_t(i)];
    for (int i = 0; i < rank; ++i)
      if (!normalized(i))
        seen[seenCount++] = x.dims[i];
    Tensor tensor = newTensor(inputs.x, computeDtype(inputs.x), extents, count);
    View &view = resultViews[numResults++];
    view = viewOf(tensor);
    reshaped(view, seen, seenCount);
    return tensor;
  }

  // rstd as an argument: what rstdResult made.
  void rstdArgument(const Tensor &rstd, View &view) {
    int64_t seen[kMaxRank];
    int count = 0;
    for (int i = 0; i < rank; ++i)
      if (!normalized(i))
        seen[count++] = x.dims[i];
    view = viewOf(rstd);
    if (view.tensor.ndim != count)
      reshaped(view, seen, count);
    settle(view);
    argument(view);
  }

  Tensor none() const {
    int64_t zero = 0;
    return newTensor(inputs.x, torchDtype(inputs.x), &zero, 1);
  }

  void run() {
    rmsn_function *function = lookup(key, spec, x.tensor.device);
    const DLTensor *results[8];
    for (size_t i = 0; i < numResults; ++i) {
      settle(resultViews[i]);
      results[i] = &resultViews[i].tensor;
    }
    rmsn_call_options call{};
    call.struct_size = sizeof call;
    call.stream = currentStream(x.tensor.device);
    check(rmsn_call(function, arguments, numArguments, results, numResults,
                    nullptr, &call));
  }

  const NormInputs &inputs;
  NormOptions options;
  rmsn_norm_spec spec{};
  View x, residual, gate, weight, bias, epsParam, residualScale;
  std::vector<View *> whole;
  int rank;

private:
  bool normalized(int axis) const {
    return std::count(axes.begin(), axes.end(), axis) != 0;
  }

  void checkAxes() {
    fullRank = size_t(rank);
    for (int64_t axis : options.axes) {
      int64_t positive = axis < 0 ? axis + rank : axis;
      if (positive < 0 || positive >= rank || normalized(int(positive)))
        invalid("axes", std::to_string(axis),
                "distinct axes from " + std::to_string(-rank) + " to " +
                    std::to_string(rank - 1));
      axes.push_back(int32_t(positive));
    }
    if (axes.empty())
      invalid("axes", "none", "at least one");
    std::sort(axes.begin(), axes.end());
    fullAxes = axes;
  }

  void parameter(const char *name, const MaybeTensor &tensor, View &view) {
    if (!tensor)
      return;
    view = viewOf(*tensor);
    int own = view.tensor.ndim;
    bool fits = own <= rank && dtypeOf(*tensor) != RMSN_DTYPE_INVALID;
    for (int i = 0; fits && i < own; ++i)
      fits = view.dims[i] == 1 || view.dims[i] == x.dims[rank - own + i];
    if (!fits)
      invalid(name, shapeText(view),
              "a floating-point tensor that broadcasts to x's " + shapeText(x) +
                  " from the right");
  }

  static bool contiguous(const View &view) {
    int64_t run = 1;
    for (int i = view.tensor.ndim; i-- > 0;) {
      if (view.dims[i] != 1 && view.dims[kMaxRank + i] != run)
        return false;
      run *= view.dims[i];
    }
    return true;
  }

  static void reshaped(View &view, const int64_t *extents, int count) {
    int64_t run = 1;
    view.tensor.ndim = count;
    for (int i = count; i-- > 0;) {
      view.dims[i] = extents[i];
      view.dims[kMaxRank + i] = run;
      run *= std::max<int64_t>(extents[i], 1);
    }
  }

  // Can the parameter be seen as one of shape [N] or []?
  bool collapses(const View &view, int64_t extent, int first) const {
    int64_t elements = 1;
    for (int i = 0; i < view.tensor.ndim; ++i)
      elements *= view.dims[i];
    if (elements == 1)
      return true;
    if (!contiguous(view) || elements != extent)
      return false;
    for (int i = 0; i < view.tensor.ndim; ++i) // nothing along the rows
      if (rank - view.tensor.ndim + i < first && view.dims[i] != 1)
        return false;
    return true;
  }

  // One kernel for all leading extents: rows and columns, where these are
  // views.
  void collapse() {
    int first = axes.front();
    if (axes.back() != rank - 1 || int(axes.size()) != rank - first ||
        (rank == 2 && first == 1))
      return;
    int64_t extents[2] = {1, 1};
    for (int i = 0; i < rank; ++i)
      extents[i >= first] *= x.dims[i];
    for (const View *view : whole)
      if (!contiguous(*view))
        return;
    View *parameters[] = {&weight, &bias, &epsParam, &residualScale};
    const MaybeTensor *given[] = {&inputs.weight, &inputs.bias,
                                  &inputs.epsParam, &inputs.residualScale};
    for (int i = 0; i < 4; ++i)
      if (*given[i] && !collapses(*parameters[i], extents[1], first))
        return;
    for (View *view : whole)
      reshaped(*view, extents, 2);
    for (int i = 0; i < 4; ++i) {
      if (!*given[i])
        continue;
      int64_t elements = 1;
      for (int k = 0; k < parameters[i]->tensor.ndim; ++k)
        elements *= parameters[i]->dims[k];
      reshaped(*parameters[i], extents + 1,
               elements == extents[1] && parameters[i]->tensor.ndim ? 1 : 0);
    }
    rank = 2;
    axes = {1};
  }

  static void settle(View &view) {
    view.tensor.shape = view.dims;
    view.tensor.strides = view.dims + kMaxRank;
  }

  void describe(const View &view, const MaybeTensor &tensor,
                rmsn_norm_param &param, int64_t *extents) {
    if (!tensor)
      return;
    int own = view.tensor.ndim;
    for (int i = 0; i < own; ++i) {
      // Extents along the rows are as open as x's.
      bool open = !normalized(rank - own + i) && view.dims[i] != 1;
      extents[i] = open ? -1 : view.dims[i];
    }
    param = {dtypeOf(*tensor), own, extents};
  }

  void addKey() {
    key.add(int64_t(spec.op) | int64_t(spec.dtype) << 8 | int64_t(rank) << 16 |
            int64_t(spec.gate) << 24 | int64_t(spec.gate_before_norm) << 28 |
            int64_t(spec.cast_before_scale) << 29 |
            int64_t(spec.residual) << 30 | int64_t(spec.round_sum) << 31 |
            int64_t(spec.return_sum) << 32 | int64_t(spec.return_rstd) << 33 |
            int64_t(spec.has_dsum) << 34 | int64_t(spec.has_rstd) << 35 |
            int64_t(spec.input_is_sum) << 36 | int64_t(spec.grads) << 40);
    key.add(int64_t(x.tensor.device.device_type) << 32 |
            x.tensor.device.device_id);
    for (int i = 0; i < rank; ++i)
      key.add(shape[i]);
    int64_t mask = 0;
    for (int32_t axis : axes)
      mask |= int64_t(1) << axis;
    key.add(mask);
    key.add(spec.eps);
    key.add(spec.min_rms);
    key.add(spec.scale_offset);
    key.add(spec.residual_scale);
    for (const rmsn_norm_param *param :
         {&spec.scale, &spec.bias, &spec.eps_param,
          &spec.residual_scale_param}) {
      key.add(int64_t(param->dtype) << 8 | param->rank);
      for (int i = 0; i < param->rank; ++i)
        key.add(param->shape[i]);
    }
  }

  Key key;
  std::vector<int32_t> axes, fullAxes;
  size_t fullRank = 0;
  int64_t shape[kMaxRank];
  int64_t paramShapes[4][kMaxRank];
  const DLTensor *arguments[16];
  View resultViews[8];
  size_t numArguments = 0, numResults = 0;
};

bool empty(const Tensor &tensor) { return tensor.numel() == 0; }

} // namespace

std::vector<Tensor> rmsnorm_torch::runForward(const NormInputs &inputs,
                                              NormOptions options) {
  Call call(inputs, std::move(options));
  call.spec.op = RMSN_OP_RMS_NORM;
  call.spec.return_sum = inputs.residual && call.options.returnSum;
  call.spec.return_rstd = call.options.returnRstd;
  call.finish();
  call.argument(call.x);
  call.maybeArgument(inputs.residual, call.residual);
  call.maybeArgument(inputs.weight, call.weight);
  call.maybeArgument(inputs.bias, call.bias);
  call.maybeArgument(inputs.epsParam, call.epsParam);
  call.maybeArgument(inputs.residualScale, call.residualScale);
  call.maybeArgument(inputs.gate, call.gate);
  std::vector<Tensor> results;
  results.reserve(3);
  results.push_back(call.result(inputs.x, call.x));
  results.push_back(call.spec.return_sum ? call.result(inputs.x, call.x)
                                         : call.none());
  results.push_back(call.spec.return_rstd ? call.rstdResult() : call.none());
  if (!empty(inputs.x) || call.spec.return_rstd)
    call.run();
  return results;
}

std::vector<Tensor> rmsnorm_torch::runBackward(const Tensor &grad,
                                               const MaybeTensor &gradSum,
                                               const NormInputs &inputs,
                                               const MaybeTensor &rstd,
                                               NormOptions options) {
  Call call(inputs, std::move(options));
  View gradView, gradSumView, rstdView;
  MaybeTensor gradTensor(grad);
  call.same("grad", gradTensor, gradView);
  call.same("grad_sum", gradSum, gradSumView);
  rmsn_norm_spec &spec = call.spec;
  spec.op = RMSN_OP_RMS_NORM_BACKWARD;
  spec.grads = uint32_t(call.options.grads);
  spec.has_dsum = gradSum.has_value();
  spec.has_rstd = rstd.has_value();
  spec.input_is_sum = call.options.inputIsSum;
  // A factor of 1: the gradients of x and of the residual are the same.
  const uint32_t twins = RMSN_GRAD_X | RMSN_GRAD_RESIDUAL;
  bool shared = (spec.grads & twins) && !inputs.residualScale &&
                spec.residual_scale == 1.0;
  if (shared)
    spec.grads = (spec.grads & ~uint32_t(RMSN_GRAD_RESIDUAL)) | RMSN_GRAD_X;
  call.finish();
  call.argument(gradView);
  call.maybeArgument(gradSum, gradSumView);
  call.argument(call.x);
  if (!call.options.inputIsSum || (spec.grads & RMSN_GRAD_RESIDUAL_SCALE))
    call.maybeArgument(inputs.residual, call.residual);
  call.maybeArgument(inputs.weight, call.weight);
  if (!call.spec.gate_before_norm && (spec.grads & RMSN_GRAD_GATE))
    call.maybeArgument(inputs.bias, call.bias);
  call.maybeArgument(inputs.epsParam, call.epsParam);
  call.maybeArgument(inputs.residualScale, call.residualScale);
  call.maybeArgument(inputs.gate, call.gate);
  MaybeTensor rows;
  if (rstd) {
    rows = rstd->is_contiguous() ? *rstd : torch::stable::contiguous(*rstd);
    call.rstdArgument(*rows, rstdView);
  }
  std::vector<Tensor> results;
  results.reserve(7);
  auto add = [&](uint32_t bit, const Tensor &like, const View &view) {
    results.push_back(spec.grads & bit ? call.result(like, view) : call.none());
  };
  auto addMaybe = [&](uint32_t bit, const MaybeTensor &like, const View &view) {
    add(bit, like ? *like : inputs.x, view);
  };
  add(RMSN_GRAD_X, inputs.x, call.x);
  addMaybe(RMSN_GRAD_RESIDUAL, inputs.residual, call.residual);
  addMaybe(RMSN_GRAD_SCALE, inputs.weight, call.weight);
  addMaybe(RMSN_GRAD_BIAS, inputs.bias, call.bias);
  addMaybe(RMSN_GRAD_EPS, inputs.epsParam, call.epsParam);
  addMaybe(RMSN_GRAD_RESIDUAL_SCALE, inputs.residualScale, call.residualScale);
  addMaybe(RMSN_GRAD_GATE, inputs.gate, call.gate);
  call.run();
  if (shared) {
    // No two results of an operator may be one tensor.
    if (call.options.grads & RMSN_GRAD_RESIDUAL)
      results[1] = call.options.grads & RMSN_GRAD_X
                       ? torch::stable::clone(results[0])
                       : results[0];
    if (!(call.options.grads & RMSN_GRAD_X))
      results[0] = call.none();
  }
  return results;
}
