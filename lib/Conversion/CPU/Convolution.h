//===----------------------------------------------------------------------===//
// Part of the RMSNorm project, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//

/// \file
/// Convolutions of floats in terms of what row kernels and the library do.

#ifndef RMSNORM_LIB_CONVERSION_CPU_CONVOLUTION_H
#define RMSNORM_LIB_CONVERSION_CPU_CONVOLUTION_H

#include "mlir/IR/PatternMatch.h"

namespace mlir::rmsnorm {

/// Any linalg operation on tensors that sums products of a filter and of
/// windows of its input, with any number of image dimensions, strides,
/// dilations and groups, as a gather and a matrix multiplication. Other types
/// than floats, and mixtures that the library does not compute, are left alone.
void populateConvolutionToContractionPatterns(RewritePatternSet &patterns);

/// The same where no channels are summed, as an elementwise sum over the
/// filter's points; is tried first.
void populateDepthwiseConvolutionPatterns(RewritePatternSet &patterns);

} // namespace mlir::rmsnorm

#endif // RMSNORM_LIB_CONVERSION_CPU_CONVOLUTION_H
