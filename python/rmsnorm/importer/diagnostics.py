# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Why torch-mlir could not import a model: the operation, and the model's line that made it.

torch-mlir's exceptions name neither; its C++ code prints both to the process' standard
error, so that is read while it works.
"""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator

from rmsnorm.errors import UnsupportedModelError

_ERROR = re.compile(r"^(?P<place>.*?)error: (?P<what>.*)$")
_PLACE = re.compile(r'"([^"]+)":(\d+)')
_FOREIGN = re.compile(r"= (?:\"?)(tm_tensor\.\w+|torch\.[\w.]+)")
# Follow from another failure, and say nothing of the model.
_CONSEQUENCES = ("torch.constant.", "torch.prim.", "_assert_tensor_metadata")


def explanations(printed: str) -> list[str]:
    """The reasons in what torch-mlir printed, each once, the telling ones first."""
    telling: list[str] = []
    others: list[str] = []
    for line in printed.splitlines():
        found = _ERROR.match(line)
        if not found:
            continue
        what = found["what"].split(": %")[0].strip()
        place = _PLACE.search(found["place"])
        text = f"{what} ({_short(place[1])}:{place[2]})" if place else what
        (others if any(word in what for word in _CONSEQUENCES) else telling).append(text)
    return list(dict.fromkeys(telling)) or list(dict.fromkeys(others))


def _short(path: str) -> str:
    """The last folders of a path are enough to find a line of a model."""
    return "/".join(path.split("/")[-3:])


@contextlib.contextmanager
def explained() -> Iterator[None]:
    """Runs torch-mlir; its failures become ``UnsupportedModelError`` with the reasons.

    What is printed when it succeeds is printed after all. The redirection holds for the
    whole process while it lasts.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as file:
        saved = os.dup(2)
        try:
            os.dup2(file.fileno(), 2)
            try:
                yield
                failure = None
            except Exception as error:  # of many classes, torch-mlir's own among them
                failure = error
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
        file.seek(0)
        printed = file.read().decode("utf-8", "replace")
    if failure is None:
        sys.stderr.write(printed)
        return
    reasons = explanations(printed + str(failure))
    if not reasons:
        reasons = [f"{type(failure).__name__}: {(str(failure).splitlines() or [''])[0]}"]
    raise UnsupportedModelError("torch-mlir cannot import: " + "; ".join(reasons)) from failure


def refuse_foreign_operations(text: str) -> None:
    """Raises UnsupportedModelError where a text has operations that upstream MLIR does not know."""
    found = sorted(set(_FOREIGN.findall(text)))
    if found:
        raise UnsupportedModelError(
            f"the import has operations of torch-mlir's own dialects: {', '.join(found)}; "
            "tm_tensor.sort comes from topk or sort of a long dimension, tm_tensor.scan "
            "from a cumulative sum, tm_tensor.scatter from a scatter or an indexed assignment"
        )
