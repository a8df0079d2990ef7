# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tests rmsnorm-run as a program. Needs only Python's own modules.

usage: run_tool_test.py RMSNORM_RUN ARTIFACT
"""

import math
import os
import struct
import subprocess
import sys
import tempfile
import unittest

TOOL, ARTIFACT = sys.argv[1:3]


def npy(descr, shape, data, fortran=False):
    """The bytes of a .npy file."""
    header = repr({"descr": descr, "fortran_order": fortran, "shape": shape})
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def floats(values):
    """Bytes of f32 values."""
    return struct.pack(f"<{len(values)}f", *values)


def read(path):
    """Header dictionary and data of a .npy file."""
    with open(path, "rb") as file:
        content = file.read()
    assert content[:8] == b"\x93NUMPY\x01\x00", content[:8]
    length = struct.unpack("<H", content[8:10])[0]
    assert (10 + length) % 64 == 0
    return eval(content[10 : 10 + length].decode()), content[10 + length :]


class RunTool(unittest.TestCase):
    """One call of the program per test."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def run_tool(self, *arguments, fails=False):
        done = subprocess.run(
            [TOOL, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        self.assertEqual(done.returncode != 0, fails, done.stdout + done.stderr)
        return done.stderr if fails else done.stdout

    def norm_inputs(self, fortran=False):
        x = [0.5 * i - 3 for i in range(24)]
        order = [x[j * 1 + i * 8] for j in range(8) for i in range(3)] if fortran else x
        return (
            x,
            self.write("x.npy", npy("<f4", (3, 8), floats(order), fortran)),
            self.write("g.npy", npy("<f4", (8,), floats([2.0] * 8))),
        )

    def check_norm(self, x, path):
        header, data = read(path)
        self.assertEqual(header, {"descr": "<f4", "fortran_order": False, "shape": (3, 8)})
        got = struct.unpack("<24f", data)
        for row in range(3):
            values = x[8 * row : 8 * row + 8]
            d = math.sqrt(sum(v * v for v in values) / 8 + 1e-6)
            for j, v in enumerate(values):
                self.assertAlmostEqual(got[8 * row + j], 2 * v / d, places=5)

    def test_runs(self):
        for fortran in (False, True):
            x, first, second = self.norm_inputs(fortran)
            out = self.path("y.npy")
            text = self.run_tool(ARTIFACT, "--entry", "norm", first, second, "-o", out)
            self.assertIn("tensor<3x8xf32>", text)
            self.check_norm(x, out)

    def test_foreign_byte_order(self):
        x, _, second = self.norm_inputs()
        first = self.write("b.npy", npy(">f4", (3, 8), struct.pack(">24f", *x)))
        out = self.path("y.npy")
        self.run_tool(ARTIFACT, "--entry", "norm", first, second, "-o", out)
        self.check_norm(x, out)

    def test_repeats(self):
        x, first, second = self.norm_inputs()
        out = self.path("y.npy")
        text = self.run_tool(
            ARTIFACT, "--entry=norm", "--threads=2", "--repeat", "50", first, second, "-o", out
        )
        for word in ("first call", "50 calls: min", "median", "mean", "max"):
            self.assertIn(word, text)
        self.check_norm(x, out)

    def test_scalars_and_several_results(self):
        outs = [self.path("a.npy"), self.path("b.npy")]
        self.run_tool(ARTIFACT, "--entry", "range", "5", "-o", outs[0], "-o", outs[1])
        self.assertEqual(read(outs[0])[1], floats([0, 1, 2, 3, 4]))
        self.assertEqual(read(outs[1])[1], floats([2, 3, 4]))
        count = self.write("n.npy", npy("<i8", (), struct.pack("<q", 4)))
        self.run_tool(ARTIFACT, "--entry", "range", count, "-o", outs[0], "-o", outs[1])
        self.assertEqual(read(outs[0])[0]["shape"], (4,))
        text = self.run_tool(ARTIFACT, "--entry", "range", "1.5", fails=True)
        self.assertIn("argument 0 is '1.5'", text)

    def test_half_types(self):
        """bf16 is stored as ml_dtypes does: two bytes without a type."""
        out = self.path("y.npy")
        for entry, descr in (("negate_bf16", "<V2"), ("negate_bf16", "|V2"), ("negate_f16", "<f2")):
            given = self.write(
                "h.npy", npy(descr, (3,), struct.pack("<3H", 0x3F80, 0x4000, 0x8001))
            )
            self.run_tool(ARTIFACT, "--entry", entry, given, "-o", out)
            header, data = read(out)
            self.assertEqual(header["descr"], "<V2" if "b" in entry.split("_")[1] else "<f2")
            self.assertEqual(header["shape"], (3,))
            self.assertEqual(struct.unpack("<3H", data), (0xBF80, 0xC000, 0x0001))

    def test_info(self):
        text = self.run_tool(ARTIFACT, "--info")
        for word in (
            "function norm",
            "argument  0  x",
            "weight",
            "tensor<?x?xf32>",
            "may be argument 0",
            "constants",
            "ramp",
            "variants",
            "cpu:test",
            "used here",
        ):
            self.assertIn(word, text)

    def test_help_and_version(self):
        self.assertIn("usage: rmsnorm-run", self.run_tool("--help"))
        self.assertRegex(self.run_tool("--version"), r"rmsnorm-run \d+\.\d+\.\d+")

    def test_errors(self):
        _, first, second = self.norm_inputs()
        short = self.write("short.npy", npy("<f4", (3, 8), b"\0" * 20))
        half = self.write("half.npy", npy("<f2", (3, 8), b"\0" * 48))
        cases = [
            ((), "no artifact"),
            ((self.path("none.rmsn"),), "No such file"),
            ((first,), "FOREIGN_ARTIFACT"),
            ((ARTIFACT, "--entry", "nrom"), "no function 'nrom'"),
            ((ARTIFACT, "--entry", "norm", first), "1 inputs given"),
            ((ARTIFACT, "--entry", "norm", first, self.path("no.npy")), "No such file"),
            ((ARTIFACT, "--entry", "norm", ARTIFACT, second), "not a .npy file"),
            ((ARTIFACT, "--entry", "norm", short, second), "shorter than its shape"),
            ((ARTIFACT, "--entry", "norm", half, second), "WRONG_DTYPE"),
            ((ARTIFACT, "--entry", "norm", second, second), "WRONG_RANK"),
            ((ARTIFACT, "--entry", "norm", first, second, "-o", "/no/y.npy"), "/no/y.npy"),
            (
                (ARTIFACT, "--entry", "norm", first, second, "-o", "a", "-o", "b"),
                "2 times -o",
            ),
            ((ARTIFACT, "--device", "tpu"), "--device is 'tpu'"),
            ((ARTIFACT, "--device", "cuda:77", "--entry", "norm", first, second), "NO_DEVICE"),
            ((ARTIFACT, "--repeat", "0"), "--repeat is '0'"),
            ((ARTIFACT, "--threads", "-1"), "--threads is '-1'"),
            ((ARTIFACT, "--fast"), "unknown option"),
            ((ARTIFACT, "--entry"), "needs a value"),
        ]
        for arguments, word in cases:
            with self.subTest(arguments):
                text = self.run_tool(*arguments, fails=True)
                self.assertIn(word, text)
                self.assertTrue(text.startswith("rmsnorm-run: error: "), text)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
