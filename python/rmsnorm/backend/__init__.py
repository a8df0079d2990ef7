# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``torch.compile(model, backend="rmsnorm")``: norms and neighbours to our kernels, the rest to Inductor.

The norms of a graph are found as those of a model are (``rmsnorm.patch``): a piece of the
graph around each root of a statistic is imported and raised, and compared with our kernel
rounding by rounding. What stands around a norm and works on the same rows, element by
element or reducing a row, is compiled with it, where one kernel comes of it.
``last_report()`` says what became of each norm of the latest graph.
"""

from rmsnorm.backend.backend import compile_graph, replace_norms
from rmsnorm.backend.report import GraphReport, NormReport, last_report, reports

__all__ = [
    "GraphReport",
    "NormReport",
    "compile_graph",
    "last_report",
    "replace_norms",
    "reports",
]
