# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Every distinct norm body of the installed transformers, imported, raised, compiled, compared.

Bodies are found by what the code computes (``norm_sources``), run with
arguments inferred from their signatures (``norm_instances``), and held to what
PyTorch executes (``norm_trace``) and computes (``norm_numbers``). The exit status
is non-zero unless every importable body is raised as expected and agrees.
"""

import argparse
import sys
import warnings
from pathlib import Path

import torch
import transformers
from coverage_table import CoverageRow, Outcome, exit_status, summary, text_table, write_json
from isolated import ChildError, isolated
from norm_check import DTYPES, BodyCheck
from norm_instances import CannotInstantiateError, instances
from norm_sources import Body, Kind, scan


def library_bodies(under: str = "") -> list[Body]:
    """The bodies in transformers' models, or in one of its folders."""
    folder = Path(transformers.__file__).parent / "models"
    package = "transformers.models"
    return scan(folder / under, f"{package}.{under}" if under else package)


def check_body(body: Body, dtypes: tuple[str, ...] = tuple(DTYPES)) -> list[CoverageRow]:
    """The rows of one body."""
    try:
        made = instances(body)
    except CannotInstantiateError as error:
        # A mean of squares that stands by itself must be run, whatever its signature.
        alone = body.separable and body.kind is Kind.RMS
        outcome = Outcome.NOT_COMPILED if alone else Outcome.NOT_RUN
        return [CoverageRow(body.name, body.kind, None, None, outcome, str(error), len(body.sites))]
    rows = []
    for instance in made:
        rows += BodyCheck(body.name, instance, dtypes, len(body.sites)).rows()
    return rows


def check_body_isolated(body: Body, dtypes: tuple[str, ...]) -> list[CoverageRow]:
    """The same in a process of its own, bounded in memory and time."""
    try:
        rows: list[CoverageRow] = isolated(lambda: check_body(body, dtypes))
    except ChildError as error:
        alone = body.separable and body.kind is Kind.RMS
        outcome = Outcome.NOT_COMPILED if alone else Outcome.NOT_IMPORTED
        rows = [CoverageRow(body.name, body.kind, None, None, outcome, str(error), len(body.sites))]
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="scan-transformers", description=__doc__)
    parser.add_argument("--only", help="bodies whose name contains this")
    parser.add_argument("--dtypes", default=",".join(DTYPES), help="default: %(default)s")
    parser.add_argument("--list", action="store_true", help="only list the bodies")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows as JSON")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    dtypes = tuple(arguments.dtypes.split(","))
    if unknown := [dtype for dtype in dtypes if dtype not in DTYPES]:
        parser.error(f"--dtypes: given {unknown}, expected some of {', '.join(DTYPES)}")
    bodies = [b for b in library_bodies() if not arguments.only or arguments.only in b.name]
    sites = sum(len(body.sites) for body in bodies if body.kind is Kind.RMS and body.separable)
    alone = sum(body.kind is Kind.RMS and body.separable for body in bodies)
    print(f"transformers {transformers.__version__}: {alone} distinct RMS norms at {sites} sites,")
    print(f"{len(bodies) - alone} other bodies with a root of squares or a call of PyTorch's norms")
    rows: list[CoverageRow] = []
    for body in bodies:
        if arguments.list:
            print(f"{len(body.sites):4}  {body.kind.value:18}  {body.name}")
            continue
        new = check_body_isolated(body, dtypes)
        print(text_table(new).split("\n", 1)[1], flush=True)
        rows += new
    if arguments.list:
        return 0
    print("\n" + text_table(rows) + "\n\n" + summary(rows))
    if arguments.json:
        write_json(rows, arguments.json, "scan-transformers")
    return exit_status(rows)


if __name__ == "__main__":
    sys.exit(main())
