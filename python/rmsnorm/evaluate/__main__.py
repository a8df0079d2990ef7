# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Evaluates the installed package against each requirement and writes one JSON report.

Every norm is computed by plain torch operations, by compiled CPU kernels under torch, by the C
runtime on NumPy arrays, and by GPU kernels in an emulator, and compared with a reference in f64
(long double for f64). The exit status is non-zero if a case fails, if nothing could be evaluated, or if a path that
is required, or a package that its cases need, is not there.
"""

import argparse
import json
import logging
import math
import os
import sys
import warnings
from pathlib import Path as FilePath
from typing import Any

from rmsnorm.evaluate.environment import environment
from rmsnorm.evaluate.formats import FLOATS
from rmsnorm.evaluate.paths import Path, all_paths
from rmsnorm.evaluate.report import (
    SCHEMA,
    SCHEMA_FILE,
    Case,
    as_json,
    overall,
    run_requirement,
    status_of,
)
from rmsnorm.evaluate.requirements.table import REQUIREMENTS

_WIDTH = max(len(f"{r.key} {r.title}") for r in REQUIREMENTS) + 2


def _cell(cases: list[Case]) -> str:
    passed = sum(case.status == "passed" for case in cases)
    run = passed + sum(case.status == "failed" for case in cases)
    unavailable = sum(case.status == "unavailable" for case in cases)
    if not run:
        return "unavailable" if unavailable else "-"
    worst = max((c.worst_ulp for c in cases if c.worst_ulp is not None), default=None)
    text = f"{passed}/{run}" + ("" if worst is None else f" {worst:.2f} ulp")
    unfit = sum(case.status == "not applicable" for case in cases)
    text += f" ({unavailable} unavailable)" if unavailable else ""
    return text + (f" ({unfit} n/a)" if unfit else "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rmsnorm.evaluate", description=__doc__)
    parser.add_argument("--out", type=FilePath, help="where to write the report")
    parser.add_argument("--only", help="requirements, as 4,9,gated")
    parser.add_argument("--paths", help="paths, as cpu,runtime")
    parser.add_argument("--require", help="paths that must be there (default: those of --paths)")
    parser.add_argument("--quick", action="store_true", help="bf16 and f32 only")
    parser.add_argument("--list", action="store_true", help="list requirements and paths")
    parser.add_argument("--schema", action="store_true", help="print the report's JSON schema")
    return parser


def _names(
    parser: argparse.ArgumentParser, given: str | None, known: list[str], option: str
) -> list[str]:
    if given is None:
        return known
    names = given.split(",")
    wrong = [name for name in names if name not in known]
    if wrong:
        parser.error(f"{option}: given {', '.join(wrong)}, expected some of {', '.join(known)}")
    return names


def _can_write(path: FilePath) -> bool:
    """Told before everything runs, not after."""
    if path.exists():
        return not path.is_dir() and os.access(path, os.W_OK)
    return path.parent.is_dir() and os.access(path.parent, os.W_OK)


def _finite(value: Any) -> Any:
    """JSON has no infinities."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, list) else value


def _evaluate(
    keys: list[str], paths: dict[str, Path], missing: dict[str, str], dtypes: list[str]
) -> tuple[list[dict[str, Any]], list[Case]]:
    """Runs requirements, a line of the table each; their parts of the report, and all cases."""
    print(f"{'requirement':<{_WIDTH}}" + "".join(f"{name:<22}" for name in paths))
    parts, every = [], []
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    for requirement in REQUIREMENTS:
        if requirement.key not in keys:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            cases = list(run_requirement(requirement, paths, missing, dtypes))
        parts.append(as_json(requirement, cases, status_of(cases, missing)))
        every += cases
        cells = [_cell([case for case in cases if case.path == name]) for name in paths]
        title = f"{requirement.key} {requirement.title}"
        print(f"{title:<{_WIDTH}}" + "".join(f"{cell:<22}" for cell in cells), flush=True)
    return parts, every


def main(arguments: list[str] | None = None) -> int:
    """Runs what the command line asks for; the status to exit with."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if given.schema:
        print(SCHEMA_FILE.read_text(encoding="utf-8"), end="")
        return 0
    known = all_paths()
    if given.list:
        for name, path in known.items():
            print(f"path {name}: {path.title}")
        for requirement in REQUIREMENTS:
            print(f"{requirement.key}: {requirement.title}")
        return 0
    names = _names(parser, given.paths, list(known), "--paths")
    paths: dict[str, Path] = {name: known[name] for name in names}
    required = names if given.paths is not None else []
    if given.require is not None:
        required = _names(parser, given.require, names, "--require")
    keys = _names(parser, given.only, [requirement.key for requirement in REQUIREMENTS], "--only")
    if given.out is not None and not _can_write(given.out.absolute()):
        parser.error(f"--out: given {given.out}, expected a file that can be written")
    missing = {name: why for name, path in paths.items() if (why := path.unavailable())}
    for name, why in missing.items():
        print(f"path {name} is unavailable: {why}")
    dtypes = ["bf16", "f32"] if given.quick else list(FLOATS)
    parts, cases = _evaluate(keys, paths, missing, dtypes)
    absent = [f"path {name}: {missing[name]}" for name in required if name in missing]
    absent += [
        f"{case.path} {case.name}: {case.message}"
        for case in cases
        if case.status == "unavailable" and case.path in required and case.path not in missing
    ]
    for case in cases:
        if case.status == "failed":
            print(f"FAILED {case.path} {case.dtype or ''} {case.name}: {case.message}")
    for text in absent:
        print(f"FAILED required and unavailable: {text}")
    status = overall([part["status"] for part in parts], bool(absent))
    report = {
        "schema": SCHEMA,
        "status": status,
        "passed": status == "passed",
        "absent": absent,
        "environment": environment(),
        "paths": {
            name: {
                "title": path.title,
                "required": name in required,
                "unavailable": missing.get(name),
            }
            for name, path in paths.items()
        },
        "requirements": parts,
    }
    if given.out is not None:
        given.out.write_text(json.dumps(_finite(report), indent=1) + "\n", encoding="utf-8")
    passed, failed = (sum(c.status == s for c in cases) for s in ("passed", "failed"))
    unfinished = [part["key"] for part in parts if part["status"] in ("incomplete", "unavailable")]
    note = f"; not evaluated, or not wholly: {', '.join(unfinished)}" if unfinished else ""
    print(f"{status}: {passed} cases passed, {failed} failed{note}")
    return 0 if passed and status != "failed" else 1


if __name__ == "__main__":
    sys.exit(main())
