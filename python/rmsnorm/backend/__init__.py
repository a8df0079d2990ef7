# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``torch.compile(model, backend="rmsnorm")``: norms to our kernels, the rest to Inductor.

The norms of a graph are found as those of a model are (``rmsnorm.patch``): a piece of the
graph around each root of a statistic is imported and raised, and compared with our kernel
rounding by rounding. A residual addition in front of a norm goes into its kernel.
"""

from rmsnorm.backend.backend import compile_graph, replace_norms

__all__ = ["compile_graph", "replace_norms"]
