# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The model zoo: small models of many architectures, imported, raised, compiled, compared.

Expected: as many norms as PyTorch executes (``norm_trace``), and results as near as
PyTorch's own. f32: within 1e-5 of the largest result, or no farther from PyTorch than
three times PyTorch is from itself with float64 weights. bf16: against an f32
run of the same weights, the root mean square of our error is at most twice that of PyTorch's
bf16 run. Then the forms of ``zoo_forms``, compared as said there. What cannot be imported is listed with the importer's reason.
"""

import argparse
import copy
import logging
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from coverage_table import CoverageRow, Outcome, exit_status, summary, text_table, write_json
from isolated import ChildError, isolated
from norm_numbers import flat
from norm_trace import executed_norms
from plain_text import without_locations
from raised_norms import RaiseError, raise_text
from zoo_forms import check_form, forms
from zoo_models import ZOO, ZooModel

import rmsnorm
from rmsnorm.compiler import compile_text
from rmsnorm.importer import import_torch

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}
RELATIVE = 1e-5
BF16_FACTOR = 2.0
MEMORY = 8 << 30
SECONDS = 400.0

Run = Callable[..., list[torch.Tensor]]


def _rms(values: torch.Tensor) -> float:
    return float(values.double().square().mean().sqrt())


def _reference(model: torch.nn.Module, example: dict[str, torch.Tensor]) -> list[torch.Tensor]:
    with torch.no_grad():
        return flat(model(**example, use_cache=False))


def compared(
    model: torch.nn.Module, example: dict[str, torch.Tensor], got: list[torch.Tensor]
) -> str:
    """The measured difference of a model's first result, the logits.

    Raises:
        ValueError: it is too large, or the results have other shapes or dtypes.
    """
    want = _reference(model, example)
    if [(t.shape, t.dtype) for t in got] != [(t.shape, t.dtype) for t in want]:
        raise ValueError(f"results {[(t.shape, t.dtype) for t in got]}, not the model's own")
    if not torch.isfinite(got[0]).all():
        raise ValueError("results are not finite")
    if want[0].dtype == torch.float32:
        scale = float(want[0].abs().max())
        error = float((got[0] - want[0]).abs().max()) / scale
        note = f"{error:.1e} of the largest"
        if error > RELATIVE:
            exact = _reference(copy.deepcopy(model).double(), example)[0]
            own = float((want[0] - exact).abs().max()) / scale
            note += f" (PyTorch itself {own:.1e})"
            if error > 3 * own:
                raise ValueError(note)
        return note
    exact = _reference(copy.deepcopy(model).float(), example)[0]
    ours, theirs = _rms(got[0].float() - exact), _rms(want[0].float() - exact)
    note = f"{ours / max(theirs, 1e-30):.2f} of PyTorch's own error"
    if ours > BF16_FACTOR * theirs:
        raise ValueError(note)
    return note


def check_model(name: str, zoo_model: ZooModel, dtype: str) -> CoverageRow:
    """One model in one dtype through the whole chain."""
    model = zoo_model.build().to(DTYPES[dtype])
    example = zoo_model.example()
    expected = len(executed_norms(model, **example, use_cache=False).rms_norms())

    def row(outcome: Outcome, note: str, raised: int | None = None) -> CoverageRow:
        return CoverageRow(name, dtype, expected, raised, outcome, note)

    try:
        imported = import_torch(model, (), example)
    except Exception as error:  # whatever PyTorch raises while it exports
        return row(Outcome.NOT_IMPORTED, " ".join(str(error).split()))
    with tempfile.TemporaryDirectory(prefix="rmsnorm-") as folder:
        source, output = Path(folder) / "model.mlir", Path(folder) / "model.rmsn"
        source.write_text(imported.text)
        try:
            raised = raise_text(without_locations(imported.text))
            found = len(raised.norms)
            if found != expected:
                return row(Outcome.WRONG_COUNT, raised.reasons(imported.entry), found)
            compile_text(source, output, ("cpu",))
        except (RaiseError, rmsnorm.CompileError) as error:
            lines = [line for line in str(error).splitlines() if "error:" in line]
            return row(Outcome.NOT_COMPILED, (lines or [str(error)])[0].split("error: ")[-1])
        try:
            results = rmsnorm.load(output)[imported.entry](*example.values())
            flat_results = [results] if isinstance(results, torch.Tensor) else list(results)
            note = compared(model, example, flat(imported.unflatten(flat_results)))
        except (ValueError, rmsnorm.RMSNormError) as error:
            return row(Outcome.DIFFERS, str(error), found)
    if not expected:
        return row(Outcome.REFUSED, f"{raised.reasons(imported.entry)}; {note}", found)
    return row(Outcome.AGREES, note, found)


def check_isolated(name: str, dtype: str) -> CoverageRow:
    """The same in a process of its own, bounded in memory and time."""
    try:
        row: CoverageRow = isolated(
            lambda: check_model(name, ZOO[name], dtype) if name in ZOO else check_form(name, dtype),
            memory=MEMORY,
            seconds=SECONDS,
        )
    except ChildError as error:
        row = CoverageRow(name, dtype, None, None, Outcome.NOT_COMPILED, str(error))
    return row


def main() -> int:
    parser = argparse.ArgumentParser(prog="zoo", description=__doc__)
    parser.add_argument("--only", help="some models, separated by commas")
    parser.add_argument("--dtypes", default=",".join(DTYPES), help="default: %(default)s")
    parser.add_argument("--list", action="store_true", help="only list the models")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows as JSON")
    arguments = parser.parse_args()
    known_forms = forms()
    every = [*ZOO, *known_forms]
    if arguments.list:
        print("\n".join(every))
        return 0
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    names = arguments.only.split(",") if arguments.only else every
    dtypes = arguments.dtypes.split(",")
    for option, given, known in (("--only", names, every), ("--dtypes", dtypes, DTYPES)):
        if unknown := [value for value in given if value not in known]:
            parser.error(f"{option}: given {unknown}, expected some of {', '.join(known)}")
    rows = []
    for name in names:
        for dtype in dtypes:
            if dtype not in known_forms.get(name, DTYPES):
                continue
            rows.append(check_isolated(name, dtype))
            print(text_table(rows[-1:]).split("\n", 1)[1], flush=True)
    print("\n" + text_table(rows) + "\n\n" + summary(rows))
    if arguments.json:
        write_json(rows, arguments.json, "zoo")
    return exit_status(rows)


if __name__ == "__main__":
    sys.exit(main())
