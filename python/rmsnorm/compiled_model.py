# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A compiled model as a callable."""

import os
import shutil
from pathlib import Path
from typing import Any

from rmsnorm._native import Artifact, Function
from rmsnorm.importer.imported import ImportedModule


class CompiledModel:
    """A compiled model, called like the original.

    Attributes:
        artifact: the opened artifact.
        function: its entry function, called with a flat list of tensors.
    """

    def __init__(self, artifact: Artifact, imported: ImportedModule, file: Path) -> None:
        """
        Args:
            artifact: what was compiled from ``imported.text``.
            file: the file that it was opened from, for ``save``; stays as long as this lives.
            imported: how its entry is called; an empty entry stands for the only one, or ``main``.

        Raises:
            CompileError: the artifact has no such function.
        """
        from rmsnorm.importer.mlir_file import pick_entry

        names = list(artifact.function_names)
        entry = imported.entry
        if entry not in names:
            entry = pick_entry(names, entry or None)
        self.artifact = artifact
        self._file = file
        self.function: Function = artifact[entry]
        self._weights = tuple(value for _, value in imported.lifted)
        self._flatten = imported.flatten
        self._unflatten = imported.unflatten

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs it.

        Raises:
            TypeError: the arguments are not structured like the example inputs.
            RMSNormError: a tensor does not fit the compiled function.
        """
        results = self.function(*self._weights, *self._flatten(args, kwargs))
        return self._unflatten(list(results) if isinstance(results, tuple) else [results])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the artifact, for ``rmsnorm.load``, ``rmsnorm-run`` and the C interface.

        Its functions take and give flat lists of tensors; the structure of the original's
        arguments is not in the file.

        Args:
            path: of the file to write; one that exists is replaced.

        Raises:
            ValueError: the model was compiled with ``weights="arguments"`` and has some: the
                file would be without them.
            TypeError: ``path`` is no path.
            OSError: the file cannot be written.
        """
        if isinstance(path, int):  # shutil would take it for an open file
            raise TypeError("path: given int, expected the path of a file")
        if self._weights:
            raise ValueError(
                f"save: the model's {len(self._weights)} weights are arguments of the artifact, "
                'not part of it; expected a model compiled with weights="constants"'
            )
        shutil.copyfile(self._file, path)
