# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One instance of a body through the whole chain: import, raise, compile, run, compare."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from coverage_table import CoverageRow, Outcome
from norm_instances import Instance
from norm_numbers import difference, flat, float64_run
from norm_trace import ExecutedNorm, executed_norms
from plain_text import without_locations
from raised_norms import Raised, RaisedNorm, RaiseError, raise_text

import rmsnorm
from rmsnorm.compiler import compile_text
from rmsnorm.importer import import_torch

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}
OTHER_ROWS = 48


@dataclass
class Variant:
    """One dtype with static or dynamic rows, and what became of it so far."""

    instance: Instance
    dtype: str
    dynamic: bool
    text: str = ""
    failure: str = ""
    lifted: tuple[torch.Tensor, ...] = ()

    @property
    def entry(self) -> str:
        return f"norm_{self.dtype}_{'dynamic' if self.dynamic else 'static'}"

    def module(self) -> torch.nn.Module:
        return self.instance.make().to(DTYPES[self.dtype])

    def inputs(self, rows: int | None = None, seed: int = 3) -> tuple[torch.Tensor, ...]:
        """Random rows of very different sizes; ``rows`` replaces the number of rows."""
        generator = torch.Generator().manual_seed(seed)
        made = []
        for shape in self.instance.shapes:
            extents = list(shape)
            if rows is not None:
                extents[self.instance.row_dim] = rows
            values = torch.randn(extents, generator=generator)
            sizes = torch.exp(torch.randn((*extents[:-1], 1), generator=generator))
            made.append((values * sizes).to(DTYPES[self.dtype]))
        return tuple(made)

    def load(self) -> None:
        """Imports it; keeps the importer's reason when that fails."""
        shapes: tuple[Any, ...] | None = None
        if self.dynamic:
            rows = torch.export.Dim("rows", min=2, max=1 << 20)
            shapes = tuple({self.instance.row_dim: rows} for _ in self.instance.shapes)
            if hasattr(self.module(), "bound"):  # FunctionModule takes *tensors
                shapes = (shapes,)
        try:
            imported = import_torch(
                self.module(),
                self.inputs(),
                dynamic_shapes=shapes,
                entry=self.entry,
                weights="arguments",
            )
        except Exception as error:  # whatever PyTorch or torch-mlir raise
            self.failure = f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"
            return
        self.text = without_locations(imported.text)
        self.lifted = tuple(value for _, value in imported.lifted)


def joined(texts: list[str]) -> str:
    """One module with the functions of several; attribute aliases are renamed apart."""
    bodies, aliases = [], []
    for number, text in enumerate(texts):
        renamed = re.sub(r"#(map\d*)\b", rf"#text{number}_\1", text)
        head, _, rest = renamed.partition("module {")
        aliases.append(head)
        bodies.append(rest[: rest.rindex("}")])
    return "".join(aliases) + "module {" + "".join(bodies) + "}\n"


def _wanted(norm: ExecutedNorm) -> bool:
    """Norms with squares in a short type, or a rounded root, do not mean what the op means."""
    return norm.is_rms and not norm.rounded and norm.dtype in (torch.float32, torch.float64)


def _mismatch(raised: RaisedNorm, norm: ExecutedNorm) -> str:
    """What of the raised op is not as PyTorch executed it; empty when all is."""
    problems = []
    if raised.axes != norm.dims:
        problems.append(f"axes {raised.axes}, expected {norm.dims}")
    wanted = torch.tensor(norm.eps, dtype=torch.float32).item()
    if raised.eps not in (norm.eps, wanted):
        problems.append(f"eps {raised.eps}, expected {wanted}")
    if raised.mode != "inside" or raised.min_rms != 0.0:
        problems.append(f"eps mode {raised.mode}, min_rms {raised.min_rms}, expected inside, 0")
    if raised.scale != norm.weighted and not norm.reshaped:
        where = "an operand" if norm.weighted else "a neighbour"
        problems.append(f"the weight should be {where}")
    return "; ".join(problems)


class BodyCheck:
    """All variants of one instance, compiled together.

    Args:
        name: for the table.
        instance: what to check.
        dtypes: keys of ``DTYPES``.
        sites: for the table.
    """

    def __init__(
        self, name: str, instance: Instance, dtypes: tuple[str, ...], sites: int = 1
    ) -> None:
        self.name, self.sites = name, sites
        self.label = instance.label
        self.variants = [Variant(instance, d, dynamic) for d in dtypes for dynamic in (False, True)]

    def rows(self) -> list[CoverageRow]:
        """Runs everything."""
        for variant in self.variants:
            variant.load()
        loaded = [variant for variant in self.variants if variant.text]
        failed = [self._row(v, Outcome.NOT_IMPORTED, v.failure) for v in self.variants if v.failure]
        if not loaded:
            return failed
        try:
            return failed + self._compiled(loaded)
        except (RaiseError, rmsnorm.CompileError):
            # Which of them it is.
            return failed + [row for variant in loaded for row in self._alone(variant)]

    def _alone(self, variant: Variant) -> list[CoverageRow]:
        try:
            return self._compiled([variant])
        except (RaiseError, rmsnorm.CompileError) as error:
            lines = [line for line in str(error).splitlines() if "error:" in line]
            return [self._row(variant, Outcome.NOT_COMPILED, (lines or [str(error)])[0])]

    def _compiled(self, variants: list[Variant]) -> list[CoverageRow]:
        text = joined([variant.text for variant in variants])
        raised = raise_text(text)
        with tempfile.TemporaryDirectory(prefix="rmsnorm-") as folder:
            source, output = Path(folder) / "body.mlir", Path(folder) / "body.rmsn"
            source.write_text(text)
            compile_text(source, output, ("cpu",))
            artifact = rmsnorm.load(output)
            return [self._compared(variant, raised, artifact) for variant in variants]

    def _row(
        self,
        variant: Variant,
        outcome: Outcome,
        note: str,
        expected: int | None = None,
        raised: int | None = None,
    ) -> CoverageRow:
        shape = "dynamic" if variant.dynamic else "static"
        label = ", ".join(filter(None, (variant.dtype, shape, self.label)))
        return CoverageRow(self.name, label, expected, raised, outcome, note, self.sites)

    def _compared(
        self, variant: Variant, raised: Raised, artifact: rmsnorm.Artifact
    ) -> CoverageRow:
        executed = executed_norms(variant.module(), *variant.inputs()).norms
        wanted = [norm for norm in executed if _wanted(norm)]
        # A sum or vector_norm is an RMS where a factor makes up for it; then the numbers decide.
        undecided = any(norm.statistic == "norm" for norm in executed)
        found = raised.of(variant.entry)
        counts = {"expected": len(wanted), "raised": len(found)}
        if len(found) != len(wanted) and not undecided:
            reasons = raised.reasons(variant.entry)
            return self._row(variant, Outcome.WRONG_COUNT, reasons, **counts)
        if not undecided:
            problems = "; ".join(filter(None, map(_mismatch, found, wanted)))
            if problems:
                return self._row(variant, Outcome.WRONG_FORM, problems, **counts)
        try:
            is_norm = bool(found) or any(norm.is_rms for norm in executed)
            note = self._numbers(variant, artifact, is_norm)
        except (ValueError, rmsnorm.RMSNormError) as error:
            return self._row(variant, Outcome.DIFFERS, str(error), **counts)
        if found:
            return self._row(variant, Outcome.AGREES, note, **counts)
        reasons = raised.reasons(variant.entry) or "nothing that looks like one"
        return self._row(variant, Outcome.REFUSED, f"{reasons}; {note}", **counts)

    def _numbers(self, variant: Variant, artifact: rmsnorm.Artifact, is_norm: bool) -> str:
        """Compares the results; raises ValueError with the difference when it is too large."""
        dtype = DTYPES[variant.dtype]
        notes = []
        for rows in (None, OTHER_ROWS) if variant.dynamic else (None,):
            inputs = variant.inputs(rows)
            got = flat(artifact[variant.entry](*variant.lifted, *inputs))
            with torch.no_grad():
                want = flat(variant.module()(*inputs))
            if [tensor.dtype for tensor in got] != [tensor.dtype for tensor in want]:
                raise ValueError(f"dtypes {[t.dtype for t in got]}, not {[t.dtype for t in want]}")
            if dtype == torch.float32:
                want = float64_run(variant.module(), inputs)
            # What a body computes and returns in f32 is not rounded to the short type.
            unit = got[0].dtype if got else dtype
            exact = dtype == unit
            found = difference(got, want, unit, getattr(variant.module(), "bias", None))
            if not found.within(unit, len(inputs) - 1, is_norm and exact):
                raise ValueError(str(found))
            notes.append(str(found))
        return notes[-1]
