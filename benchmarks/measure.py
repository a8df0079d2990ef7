# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Timing of several ways to do the same thing, side by side."""

import time
from collections.abc import Callable
from statistics import median

Call = Callable[[], object]

BATCH_SECONDS = 4e-4  # long against the clock's resolution, short against a time slice

# The workers of other thread pools go on spinning after their last loop, for tens of
# milliseconds, on the core that the next candidate needs.
SETTLE_SECONDS = 1e-1


def _quickest(call: Call) -> float:
    """Seconds of the shortest of a few calls, after one that warms up."""
    call()
    samples = []
    for _ in range(5):
        start = time.perf_counter()
        call()
        samples.append(time.perf_counter() - start)
    return max(min(samples), 1e-7)


def _calls_per_batch(calls: dict[str, Call]) -> int:
    """Enough of the fastest for a batch, unless the slowest then takes ten times as long.

    The same number for all: the first calls of a batch are slower than the later ones, so
    that a single call must not be held against the mean of fifty.
    """
    seconds = [_quickest(call) for call in calls.values()]
    count = min(BATCH_SECONDS / min(seconds), 10 * BATCH_SECONDS / max(seconds))
    return max(1, min(200, round(count)))


def interleaved(calls: dict[str, Call], rounds: int) -> dict[str, float]:
    """Median seconds per call of each.

    In every round each one is called for a moment, and each round starts with
    another one, so that a disturbance of the machine meets all alike. The
    first call of a batch is not timed: it finds the caches as the others left
    them.
    """
    names = list(calls)
    count = _calls_per_batch(calls)
    samples: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            call = calls[name]
            time.sleep(SETTLE_SECONDS)
            call()
            start = time.perf_counter()
            for _ in range(count):
                call()
            samples[name].append((time.perf_counter() - start) / count)
    return {name: median(times) for name, times in samples.items()}
