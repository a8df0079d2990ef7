// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// Functions of basic.c and tensors to call them with.

#ifndef RMSNORM_TEST_RUNTIME_CALLFIXTURE_H
#define RMSNORM_TEST_RUNTIME_CALLFIXTURE_H

#include "test_support.h"

#include <cmath>

namespace rmsn_test {

class CallTest : public ::testing::Test {
protected:
  Context context = makeContext(2);
  std::vector<char> bytes = written(basicArtifact());
  Artifact artifact = openBytes(context.get(), bytes);
  rmsn_function *norm = lookup(artifact, "norm");
  Tensor x{{3, 8}}, g{{8}}, y{{3, 8}};

  void SetUp() override {
    x.fill(-3, 0.5f);
    g.fill(1, 0.25f);
  }

  void expectNorm(Tensor &in, Tensor &out, Tensor &weight) {
    for (int64_t i = 0; i < in.shape[0]; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < in.shape[1]; ++j)
        sum += double(in.at(i, j)) * in.at(i, j);
      double d = std::sqrt(sum / double(in.shape[1]) + 1e-6);
      for (int64_t j = 0; j < in.shape[1]; ++j)
        EXPECT_NEAR(out.at(i, j), in.at(i, j) / d * weight.at(j), 1e-5)
            << i << ", " << j;
    }
  }
};

} // namespace rmsn_test

#endif // RMSNORM_TEST_RUNTIME_CALLFIXTURE_H
