# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``python -m rmsnorm``: ``info`` tells what is installed and what works here, ``compile`` compiles."""

import argparse
import sys

from rmsnorm.commands import compile
from rmsnorm.info import print_info


def main(arguments: list[str] | None = None) -> int:
    """Runs a command; the status to exit with."""
    parser = argparse.ArgumentParser(prog="python -m rmsnorm", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    info = commands.add_parser(
        "info",
        help="versions, where things are, the CPU variant, GPUs, the cache; "
        "fails when nothing can be compiled here",
    )
    info.add_argument("--json", action="store_true", help="print JSON")
    info.set_defaults(run=lambda given: print_info(as_json=given.json))
    compile.register(commands)
    given = parser.parse_args(arguments)
    status: int = given.run(given)
    return status


if __name__ == "__main__":
    sys.exit(main())
