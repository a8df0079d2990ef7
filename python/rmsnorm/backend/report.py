# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What became of the norms of the graphs that ``torch.compile`` gave to the backend."""

from collections import deque
from dataclasses import dataclass

_MOST_GRAPHS = 256


@dataclass(frozen=True)
class NormReport:
    """One kernel, or one operator, of a graph.

    Attributes:
        name: where the norm is: the path of its module and the name of its node.
        kernel: ``"one kernel"``: the norm and its neighbours, compiled together;
            ``"operator"``: the norm alone, or with the residual addition in front of it.
        inside: operations that the kernel computes, in order.
        outside: neighbours that it does not compute, each with the reason.
    """

    name: str
    kernel: str
    inside: tuple[str, ...]
    outside: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        left = "".join(f"\n    not in it: {name}: {reason}" for name, reason in self.outside)
        return f"{self.name}: {self.kernel} of {', '.join(self.inside)}{left}"


@dataclass(frozen=True)
class GraphReport:
    """The norms of one graph.

    Attributes:
        norms: number of norms that were found; several may share a kernel.
        kernels: what they became.
    """

    norms: int
    kernels: tuple[NormReport, ...] = ()

    def __str__(self) -> str:
        return "\n".join((f"{self.norms} norms", *map(str, self.kernels)))


_reports: deque[GraphReport] = deque(maxlen=_MOST_GRAPHS)


def remember(report: GraphReport) -> None:
    """Adds the report of a graph."""
    _reports.append(report)


def reports() -> list[GraphReport]:
    """Reports of the latest graphs of this process, the newest last, at most 256."""
    return list(_reports)


def last_report() -> GraphReport | None:
    """The report of the latest graph, or ``None`` if there was none."""
    return _reports[-1] if _reports else None
