# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a long compilation is doing, on standard error.

On a terminal one line that counts seconds, for steps that take longer than a moment; it is
wiped at the end. If asked for, a line for each step instead, for files and notebooks.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator

from rmsnorm.log import logger

DELAY_SECONDS = 2.0
_WIPE = "\r\x1b[K"


class Progress:
    """Steps of one compilation.

    Args:
        verbose: ``True``: a line for each step; ``False``: nothing; ``None``: a counter if
            standard error is a terminal.
    """

    def __init__(self, verbose: bool | None = None) -> None:
        self._verbose = verbose
        stream = sys.stderr
        self._counts = verbose is None and stream is not None and stream.isatty()

    def _count(self, name: str, start: float, done: threading.Event) -> None:
        wait = DELAY_SECONDS
        while not done.wait(wait):
            seconds = time.monotonic() - start
            sys.stderr.write(f"{_WIPE}rmsnorm: {name}: {seconds:.0f} s")
            sys.stderr.flush()
            wait = 1.0

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Says that ``name`` is going on, and, with ``verbose`` or in the log, how long it took."""
        if self._verbose:
            print(f"rmsnorm: {name} ...", file=sys.stderr, flush=True)
        start, done = time.monotonic(), threading.Event()
        counter: threading.Thread | None = None
        if self._counts:
            counter = threading.Thread(target=self._count, args=(name, start, done), daemon=True)
            counter.start()
        try:
            yield
        finally:
            done.set()
            seconds = time.monotonic() - start
            if counter is not None:
                counter.join()
                if seconds >= DELAY_SECONDS:
                    sys.stderr.write(_WIPE)
                    sys.stderr.flush()
        logger.info("%s: %.1f s", name, seconds)
        if self._verbose:
            print(f"rmsnorm: {name}: {seconds:.1f} s", file=sys.stderr, flush=True)
