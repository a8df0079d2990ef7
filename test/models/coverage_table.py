# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The coverage table: one row for each body or model, as text and as JSON.

Whatever brings models in (PyTorch, ONNX, StableHLO) makes ``CoverageRow``s,
and all of them can stand in one table.
"""

import json
import platform
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path


class Outcome(StrEnum):
    """What became of a body or model."""

    AGREES = "agrees"
    REFUSED = "refused as expected"
    NOT_IMPORTED = "not imported"
    NOT_RUN = "not run by itself"
    WRONG_COUNT = "WRONG NUMBER OF NORMS"
    WRONG_FORM = "WRONG FORM"
    NOT_COMPILED = "NOT COMPILED"
    DIFFERS = "DIFFERS"


FAILURES = (Outcome.WRONG_COUNT, Outcome.WRONG_FORM, Outcome.NOT_COMPILED, Outcome.DIFFERS)


@dataclass(frozen=True)
class CoverageRow:
    """One line of the table.

    Attributes:
        name: the body or the model.
        variant: dtype, shapes, options.
        expected: how many norms PyTorch executes; None when it was not run.
        raised: how many were found; None when it was not imported.
        outcome: what became of it.
        note: the reason of a refusal, or the measured difference.
        sites: how many places of the library have this body.
    """

    name: str
    variant: str
    expected: int | None
    raised: int | None
    outcome: Outcome
    note: str = ""
    sites: int = 1

    @property
    def failed(self) -> bool:
        return self.outcome in FAILURES


def _line(cells: Iterable[object], widths: list[int]) -> str:
    return "  ".join(f"{cell!s:<{width}}" for cell, width in zip(cells, widths)).rstrip()


def text_table(rows: list[CoverageRow]) -> str:
    """The rows as aligned text, long notes cut."""
    header = ("name", "variant", "norms", "raised", "outcome", "note")
    cells = [
        (
            row.name,
            row.variant,
            "-" if row.expected is None else str(row.expected),
            "-" if row.raised is None else str(row.raised),
            row.outcome.value,
            row.note.splitlines()[0][:160] if row.note else "",
        )
        for row in rows
    ]
    widths = [max(len(line[i]) for line in [header, *cells]) for i in range(len(header))]
    return "\n".join(_line(line, widths) for line in [header, *cells])


def summary(rows: list[CoverageRow]) -> str:
    """Counts by outcome, and the share of importable ones that agree."""
    counts = Counter(row.outcome for row in rows)
    importable = [r for r in rows if r.outcome not in (Outcome.NOT_IMPORTED, Outcome.NOT_RUN)]
    good = sum(not row.failed for row in importable)
    listed = ", ".join(f"{number} {outcome.value}" for outcome, number in counts.items())
    share = 100.0 * good / len(importable) if importable else 0.0
    return f"{listed}\ncoverage: {good} of {len(importable)} importable ({share:.1f} %)"


def write_json(rows: list[CoverageRow], path: Path, kind: str) -> None:
    """Writes the rows and what they were measured with."""
    import torch
    import transformers

    environment = {
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "machine": platform.machine(),
        "python": platform.python_version(),
    }
    content = {
        "kind": kind,
        "environment": environment,
        "failed": sum(row.failed for row in rows),
        "rows": [asdict(row) for row in rows],
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def exit_status(rows: list[CoverageRow]) -> int:
    """Zero when something was checked and nothing that could be imported failed."""
    checked = [r for r in rows if r.outcome in (Outcome.AGREES, Outcome.REFUSED)]
    return 1 if not checked or any(row.failed for row in rows) else 0
