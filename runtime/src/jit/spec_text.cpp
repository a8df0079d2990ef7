// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "jit/spec_text.h"

#include "core/error.h"
#include "jit/norm_spec.h"

using namespace rmsn;

rmsn_status rmsn::specText(const rmsn_norm_spec &spec, std::string &text) {
  NormSpec norm(spec);
  RMSN_TRY(norm.check());
  text = norm.isBackward() ? backwardText(norm) : forwardText(norm);
  return RMSN_STATUS_OK;
}
