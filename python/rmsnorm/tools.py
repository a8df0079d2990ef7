# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Finding the project's programs."""

import os
import shutil
from pathlib import Path

from rmsnorm.errors import ToolNotFoundError


def find_tool(name: str) -> str:
    """Path of a program such as ``rmsnorm-compile``.

    Looks into the folder of ``RMSNORM_TOOLS`` if that is set, into ``bin``
    next to the package (installed, or in a build folder), then on ``PATH``.

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
    found = shutil.which(name)
    if found is None:
        looked = ", ".join(str(folder) for folder in folders)
        raise ToolNotFoundError(
            f"{name} not found in {looked}, or on PATH; build it (scripts/quickstart) "
            "or set RMSNORM_TOOLS to its folder"
        )
    return found
