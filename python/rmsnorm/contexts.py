# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The context that calls use unless another is given, and opening artifacts."""

import os
import threading

from rmsnorm._native import Artifact, Context
from rmsnorm.log import runtime_log

_lock = threading.Lock()
_default: Context | None = None


def default_context() -> Context:
    """The process's own context, made at first use.

    ``RMSNORM_NUM_THREADS`` sets its threads (default: one per CPU of the process).

    Raises:
        ValueError: ``RMSNORM_NUM_THREADS`` is not a number.
    """
    global _default
    if _default is None:
        with _lock:
            if _default is None:
                given = os.environ.get("RMSNORM_NUM_THREADS", "0")
                if not given.isdigit():
                    raise ValueError(f"RMSNORM_NUM_THREADS: given {given!r}, expected a number")
                _default = Context(int(given), log=runtime_log)
    return _default


def load(source: "str | os.PathLike[str] | bytes", context: Context | None = None) -> Artifact:
    """Opens an artifact.

    Args:
        source: path of a ``.rmsn`` file, or its bytes.
        context: where it runs; by default ``default_context()``.

    Returns:
        The artifact; ``artifact["main"]`` is its function of that name.

    Raises:
        RMSNormError: the file is missing, damaged, foreign, too new, or has no
            code for this machine.
    """
    return (context or default_context()).open(source)
