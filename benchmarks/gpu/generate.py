# Part of the RMSNorm project, under the Apache License v2.0 with LLVM Exceptions.
# See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles the kernels of the GPU benchmark into a directory.

    generate.py DIRECTORY [--chip sm_90] [--tune] [--tool PATH]

Afterwards `rmsnorm-gpu-bench DIRECTORY` runs them, on any machine with the chip
and its driver. With --tune also kernels with other configurations than the one the
compiler chooses.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from dataclasses import replace

sys.path.insert(
    0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "test", "emulator")
)

from grid import rows_form
from kernels import Form, build

ELEMENTS = 1 << 26


def cases(tune: bool):
    """(form, extents, layout) of each case."""
    for n in (
        128,
        256,
        512,
        768,
        1024,
        2048,
        4096,
        5120,
        8192,
        16384,
        32768,
        65536,
        131072,
        262144,
    ):
        rows = ELEMENTS // n
        for dtype in ("bf16", "f32") if n in (128, 1024, 4096, 8192, 32768, 262144) else ("bf16",):
            yield rows_form(n, dtype, rows, scale=dtype), "", {}
    for n in (4096, 8192):
        yield rows_form(n, "bf16", ELEMENTS // n, residual=True, scale="bf16"), "", {}
        yield rows_form(n, "bf16", ELEMENTS // n, scale="f32"), "", {}
    yield rows_form(4096, "f16", ELEMENTS // 4096, scale="f16"), "", {}
    yield rows_form(4096, "f64", ELEMENTS // 8192, scale="f64"), "", {}
    for rows in (1, 8, 128):
        yield rows_form(4096, "bf16", rows, scale="bf16"), f"rows{rows}", {}
    for n in (769, 1001, 4097):
        yield rows_form(n, "bf16", ELEMENTS // n, scale="bf16"), "odd", {}
    yield rows_form(4096, "bf16", ELEMENTS // 4096, scale="bf16"), "misaligned", {"offset": 1}
    yield rows_form(4096, "bf16", ELEMENTS // 4096, scale="bf16"), "padded", {"pad": 64}
    for n in (128, 4096, 16384):
        yield rows_form(n, "bf16", ELEMENTS // n, dynamic=True, scale="bf16"), f"n{n}", {}
    for c, p in ((256, 3136), (64, 12544), (1024, 196)):
        yield (
            Form(
                f"channels_bf16_{c}",
                ("b", "c*", "p"),
                (ELEMENTS // (c * p), c, p),
                (False, True, False),
                "bf16",
                scale="bf16",
                param_dims=(1,),
            ),
            f"p{p}",
            {},
        )
    if tune:
        yield from tuning()


def tuning():
    """Other ways to share a row among threads."""
    choices = {
        128: [(8, 16, 2), (16, 8, 1), (8, 32, 2), (16, 16, 1), (4, 32, 4)],
        256: [(16, 8, 2), (32, 4, 1), (32, 8, 1), (16, 16, 2), (8, 16, 4)],
        512: [(32, 4, 2), (32, 8, 2), (16, 8, 4), (64, 1, 1)],
        1024: [(32, 4, 4), (32, 8, 4), (64, 1, 2), (128, 1, 1)],
        2048: [(32, 4, 8), (64, 1, 4), (128, 1, 2), (256, 1, 1)],
        4096: [(32, 4, 16), (64, 1, 8), (128, 1, 4), (256, 1, 2), (512, 1, 1)],
        8192: [(128, 1, 8), (256, 1, 4), (512, 1, 2), (1024, 1, 1)],
        16384: [(256, 1, 8), (512, 1, 4), (1024, 1, 2)],
        32768: [(512, 1, 8), (1024, 1, 4), (512, 1, 4), (1024, 1, 2)],
        65536: [(1024, 1, 8), (512, 1, 4), (1024, 1, 2), (1024, 1, 4), (256, 1, 8)],
        262144: [(512, 1, 2), (512, 1, 8), (1024, 1, 2), (1024, 1, 4), (256, 1, 8)],
    }
    for n, options in choices.items():
        for lanes, rows, slots in options:
            form = rows_form(n, "bf16", ELEMENTS // n, scale="bf16")
            yield (
                replace(
                    form,
                    name=f"{form.name}_t{lanes}x{rows}_s{slots}",
                    config=(("lanes", lanes), ("rows", rows), ("slots", slots)),
                ),
                "tune",
                {},
            )
    for lanes, slots in ((128, 8), (256, 4), (512, 2), (1024, 1)):
        form = rows_form(4096, "f32", ELEMENTS // 4096, scale="f32")
        yield (
            replace(
                form,
                name=f"{form.name}_t{lanes}_s{slots}",
                config=(("lanes", lanes), ("rows", 1), ("slots", slots)),
            ),
            "tune",
            {},
        )
        form = rows_form(4096, "bf16", ELEMENTS // 4096, residual=True, scale="bf16")
        yield (
            replace(
                form,
                name=f"{form.name}_t{lanes}_s{slots}",
                config=(("lanes", lanes), ("rows", 1), ("slots", max(1, slots // 2))),
            ),
            "tune",
            {},
        )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directory")
    parser.add_argument("--chip", default="sm_90")
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--tool", default="rmsnorm-emulate", help="path of rmsnorm-emulate")
    options = parser.parse_args()
    os.makedirs(options.directory, exist_ok=True)
    source = os.path.join(options.directory, "kernels.mlir")
    kernels: dict[str, str] = {}
    lines = []
    for form, label, layout in cases(options.tune):
        kernels.setdefault(form.name, build(form))
        # The kernel's own order: loops of the rows first.
        order = [i for i in range(len(form.space)) if i not in form.reduced] + list(form.reduced)
        words = [form.name, "extents=" + ",".join(str(form.extents[i]) for i in order)]
        words += [
            f"{key}={int(bool(value))}"
            for key, value in (
                ("residual", form.residual),
                ("round_sum", form.round_sum),
                ("scale", form.scale),
                ("bias", form.bias),
            )
        ]
        words += [f"label={label}"] if label else []
        words += [f"{key}={value}" for key, value in layout.items()]
        lines.append(" ".join(words))
    with open(source, "w") as file:
        file.write("\n".join(kernels.values()))
    with open(os.path.join(options.directory, "cases.txt"), "w") as file:
        file.write("\n".join(lines) + "\n")
    done = subprocess.run(
        [
            options.tool,
            source,
            f"--chip={options.chip}",
            f"--emit={options.directory}",
            "--time-limit=1200",
        ]
    )
    print(f"{len(kernels)} kernels, {len(lines)} cases in {options.directory}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
