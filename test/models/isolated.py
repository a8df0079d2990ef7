# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A call in a child process with a bound on memory and time.

What is imported is other people's code: a model may make an importer run out
of memory, hang or crash, and that must be one line of a table, not its end.
"""

import multiprocessing
import resource
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

MEMORY = 4 << 30
SECONDS = 300.0


class ChildError(RuntimeError):
    """The child did not return; the message says what became of it."""


def _limit_memory(additional: int) -> None:
    with open("/proc/self/statm", encoding="ascii") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    limit = used + additional
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _child(connection: Connection, memory: int, call: Callable[[], Any]) -> None:
    _limit_memory(memory)
    try:
        connection.send((True, call()))
    except Exception as error:  # becomes the parent's
        lines = str(error).strip().splitlines()
        connection.send((False, f"{type(error).__name__}: " + " ".join(lines)[:2000]))


def isolated(call: Callable[[], Any], *, memory: int = MEMORY, seconds: float = SECONDS) -> Any:
    """What ``call`` returns, from a forked child.

    Args:
        call: takes nothing, returns something that can be pickled.
        memory: bytes that it may have in addition to the parent's.
        seconds: of real time.

    Raises:
        ChildError: it raised, crashed, or took too much of either.
    """
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(there, memory, call))
    process.start()
    there.close()
    try:
        if not here.poll(seconds):
            raise ChildError(f"took more than {seconds:.0f} s")
        succeeded, result = here.recv()
    except EOFError:
        process.join()
        raise ChildError(
            f"the process ended with status {process.exitcode} (crash, or above "
            f"{memory >> 30} GiB of memory)"
        ) from None
    finally:
        process.kill()
        process.join()
        here.close()
    if not succeeded:
        raise ChildError(result)
    return result
