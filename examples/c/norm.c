/* Part of the RMSNorm project, under the Apache License v2.0 with LLVM
 * Exceptions. See LICENSE for license information.
 * SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/* Opens a compiled norm, calls it, and checks the numbers:
 *
 *   norm MODEL.rmsn [FUNCTION]
 *
 * The function takes x (rows x N, f32) and a weight (N, f32) and gives
 * y = x / sqrt(mean(x * x) + 1e-6) * weight. */

#include <rmsnorm_runtime/rmsnorm_runtime.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS 5
#define N 64

static void check(rmsn_status status, const char *what) {
  if (status == RMSN_STATUS_OK)
    return;
  fprintf(stderr, "cannot %s: %s (%s)\n", what, rmsn_last_error(),
          rmsn_status_name(status));
  exit(1);
}

/* A tensor of ours, described the way DLPack does. Without strides it is
 * contiguous. */
static DLTensor describe(float *data, int rank, int64_t *shape) {
  DLTensor tensor;
  tensor.data = data;
  tensor.device.device_type = kDLCPU;
  tensor.device.device_id = 0;
  tensor.ndim = rank;
  tensor.dtype = rmsn_dtype_to_dlpack(RMSN_DTYPE_F32);
  tensor.shape = shape;
  tensor.strides = NULL;
  tensor.byte_offset = 0;
  return tensor;
}

static double worst_error(const float *x, const float *weight, const float *y) {
  double worst = 0;
  int i, j;
  for (i = 0; i < ROWS; ++i) {
    double sum = 0;
    for (j = 0; j < N; ++j)
      sum += (double)x[i * N + j] * x[i * N + j];
    for (j = 0; j < N; ++j) {
      double expected = x[i * N + j] / sqrt(sum / N + 1e-6) * weight[j];
      double error = fabs(expected - y[i * N + j]);
      if (error > worst)
        worst = error;
    }
  }
  return worst;
}

int main(int argc, char **argv) {
  static float x[ROWS * N], weight[N], y[ROWS * N];
  int64_t x_shape[2] = {ROWS, N}, weight_shape[1] = {N};
  DLTensor x_tensor = describe(x, 2, x_shape);
  DLTensor weight_tensor = describe(weight, 1, weight_shape);
  DLTensor y_tensor = describe(y, 2, x_shape);
  const DLTensor *args[2], *results[1];
  rmsn_context_options options = {0};
  rmsn_context *context;
  rmsn_artifact *artifact;
  rmsn_function *function;
  rmsn_plan *plan;
  DLManagedTensor *owned[1];
  double error;
  int i;

  if (argc < 2) {
    fprintf(stderr, "usage: %s MODEL.rmsn [FUNCTION]\n", argv[0]);
    return 1;
  }
  for (i = 0; i < ROWS * N; ++i)
    x[i] = (float)((i * 37) % 101) / 10.0f - 5.0f;
  for (i = 0; i < N; ++i)
    weight[i] = 0.5f + (float)i / N;
  args[0] = &x_tensor;
  args[1] = &weight_tensor;
  results[0] = &y_tensor;

  options.struct_size = sizeof(options);
  check(rmsn_context_create(&options, &context), "create a context");
  check(rmsn_artifact_open(context, argv[1], &artifact), "open the artifact");
  check(rmsn_function_lookup(artifact, argc > 2 ? argv[2] : NULL, &function),
        "find the function");

  /* Into our own memory. */
  check(rmsn_call(function, args, 2, results, 1, NULL, NULL), "call");
  error = worst_error(x, weight, y);
  printf("worst error into given memory: %g\n", error);
  if (!(error < 1e-5))
    return 1;

  /* Into memory that the runtime allocates and we own. */
  check(rmsn_call(function, args, 2, NULL, 1, owned, NULL), "call");
  error = worst_error(x, weight, (const float *)owned[0]->dl_tensor.data);
  owned[0]->deleter(owned[0]);
  printf("worst error into new memory:   %g\n", error);
  if (!(error < 1e-5))
    return 1;

  /* The same call many times: checked once. */
  check(rmsn_plan_create(function, args, 2, results, 1, NULL, &plan), "plan");
  for (i = 0; i < 1000; ++i) {
    x[i % (ROWS * N)] += 0.25f;
    check(rmsn_plan_run(plan), "run the plan");
  }
  rmsn_plan_destroy(plan);
  error = worst_error(x, weight, y);
  printf("worst error after 1000 runs:   %g\n", error);
  if (!(error < 1e-5))
    return 1;

  /* What is wrong comes back as a status with a message. */
  x_shape[1] = N - 1;
  if (rmsn_call(function, args, 2, results, 1, NULL, NULL) == RMSN_STATUS_OK) {
    fprintf(stderr, "a wrong extent was not noticed\n");
    return 1;
  }
  printf("a wrong extent: %s\n", rmsn_last_error());

  rmsn_artifact_close(artifact);
  rmsn_context_destroy(context);
  return 0;
}
