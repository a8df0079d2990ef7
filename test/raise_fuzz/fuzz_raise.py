# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random spellings of RMSNorm and near misses through rmsnorm-raise.

Each program goes through raising as it is written and after upstream passes that
rewrite it. A spelling must become exactly one norm with the expected attributes, and
compute the same numbers; a near miss must become none.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from spellings import Program, near_miss, positive

ROOT = Path(__file__).resolve().parent.parent.parent

MARK = "// -----\n"
PIPELINES = {
    "as written": [],
    "fused": ["--linalg-fuse-elementwise-ops", "--canonicalize", "--cse"],
    "generalised": ["--linalg-generalize-named-ops", "--canonicalize"],
    "without unit extents": ["--linalg-fold-unit-extent-dims", "--canonicalize", "--cse"],
}


def run(opt: str, programs: list[Program], passes: list[str]) -> list[str]:
    """The raised text of each program."""
    text = MARK.join(program.text for program in programs)
    command = [opt, "--split-input-file", *passes, "--rmsnorm-raise"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=600)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[:4000]}")
    return re.split(r"^// -----\s*$", done.stdout, flags=re.M)


def check(opt: str, programs: list[Program]) -> list[str]:
    failures = []
    for name, passes in PIPELINES.items():
        for program, raised in zip(programs, run(opt, programs, passes), strict=True):
            found = raised.count("rmsnorm.rms_norm")
            missing = [text for text in program.attributes if text not in raised]
            if found != program.norms or (found and missing):
                failures.append(
                    f"{name}: {found} norms, expected {program.norms} {missing}\n"
                    f"  {' '.join(program.choices)}\n{program.text}"
                )
    return failures


def compare_numbers(opt: str, programs: list[Program]) -> int:
    script = ROOT / "test" / "Dialect" / "RMSNorm" / "Inputs" / "compare_raised.py"
    with tempfile.NamedTemporaryFile("w", suffix=".mlir") as file:
        file.write(MARK.join(program.text for program in programs))
        file.flush()
        command = [sys.executable, str(script), "--opt", opt, file.name]
        return subprocess.run(command, timeout=1800).returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed (default: %(default)s)")
    parser.add_argument(
        "--count", type=int, default=200, help="programs of each kind (default: %(default)s)"
    )
    parser.add_argument("--opt", default=str(ROOT / "build" / "bin" / "rmsnorm-opt"))
    parser.add_argument(
        "--numbers", type=int, default=20, help="spellings whose numbers are compared"
    )
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.count)
    spellings = [positive(seed, f"spelling_{seed}") for seed in seeds]
    misses = [near_miss(seed, f"near_miss_{seed}") for seed in seeds]
    failures = check(options.opt, spellings) + check(options.opt, misses)
    for failure in failures[:10]:
        print(failure)
    print(f"{len(spellings)} spellings, {len(misses)} near misses, {len(failures)} failures")
    status = int(bool(failures))
    if options.numbers and not status:
        status |= compare_numbers(options.opt, spellings[: options.numbers])
    return status


if __name__ == "__main__":
    sys.exit(main())
