# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finding the project's programs, and running them from an installed package."""

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

from rmsnorm.errors import ToolNotFoundError


def find_tool(name: str, *, search_path: bool = True) -> str:
    """Path of a program such as ``rmsnorm-compile``.

    Looks into the folder of ``RMSNORM_TOOLS`` if that is set, into ``bin``
    next to the package (installed, or in a build folder), then on ``PATH``.

    Args:
        name: the program's file name.
        search_path: whether ``PATH`` counts.

    Raises:
        ToolNotFoundError: it is in none of them.
    """
    package = Path(__file__).parent.absolute()
    folders = [package / "bin", package.parent.parent / "bin"]
    if "RMSNORM_TOOLS" in os.environ:
        folders.insert(0, Path(os.environ["RMSNORM_TOOLS"]))
    for folder in folders:
        if os.access(folder / name, os.X_OK):
            return str(folder / name)
    found = shutil.which(name) if search_path else None
    if found is None:
        looked = ", ".join(str(folder) for folder in folders)
        raise ToolNotFoundError(
            f"{name} not found in {looked}{', or on PATH' if search_path else ''}; build it "
            "(scripts/quickstart) or set RMSNORM_TOOLS to its folder"
        )
    return found


def _become(name: str) -> NoReturn:
    """Replaces this process by a program of the package, with the same arguments."""
    # PATH has the very script that called this.
    try:
        program = find_tool(name, search_path=False)
    except ToolNotFoundError as error:
        sys.exit(f"{name}: {error}")
    os.execv(program, [name, *sys.argv[1:]])


def compile_main() -> NoReturn:
    """The command ``rmsnorm-compile`` of an installed wheel."""
    _become("rmsnorm-compile")


def opt_main() -> NoReturn:
    """The command ``rmsnorm-opt`` of an installed wheel."""
    _become("rmsnorm-opt")


def run_main() -> NoReturn:
    """The command ``rmsnorm-run`` of an installed wheel."""
    _become("rmsnorm-run")
