# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Installs the wheel of a folder into a new virtual environment and uses it there.

NumPy is the only other package that the new environment sees. Fails when the
norm is wrong, when a library of LLVM comes from anywhere but the wheel, or
when `python -m rmsnorm info` or a command fails. Usage: try_wheel.py FOLDER
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

NORM = r"""
import sys
from pathlib import Path

import numpy as np

import rmsnorm

assert "torch" not in sys.modules
x = np.random.default_rng(0).standard_normal((7, 1000)).astype(np.float32)
weight = np.linspace(0.5, 2.0, 1000, dtype=np.float32)
context = rmsnorm.Context(cache_directory="")
y = rmsnorm.rms_norm(x, weight, eps=1e-6, context=context)
wide = x.astype(np.float64)
expected = wide / np.sqrt((wide**2).mean(axis=-1, keepdims=True) + 1e-6) * weight
error = np.abs(y - expected).max()
assert error < 1e-6, error

package = Path(rmsnorm.__file__).parent
assert Path(sys.prefix) in package.parents, package
libraries = {line.split(maxsplit=5)[-1].strip() for line in open("/proc/self/maps")}
libraries = {Path(line) for line in libraries if "libLLVM" in line or "libMLIR" in line or "librmsnorm" in line}
foreign = [library for library in libraries if package / "lib" not in library.parents]
assert libraries and not foreign, (libraries, foreign)
print(f"a norm on NumPy arrays, compiled just in time: error {error:.1e}, {len(libraries)} libraries, all of the wheel")
"""

MODEL = """func.func @main(%x: tensor<2x8xf32>, %y: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %0 = rmsnorm.rms_norm axes = [1] eps = 1.0e-6 ins(%x : tensor<2x8xf32>) outs(%y : tensor<2x8xf32>)
  return %0 : tensor<2x8xf32>
}
"""


def main() -> int:
    (wheel,) = Path(sys.argv[1]).glob("rmsnorm-*.whl")
    # Not in the repository's folder, nor in a folder that Python finds by itself.
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        venv.create(root / "venv", with_pip=False)
        python = root / "venv" / "bin" / "python"
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python)]
        subprocess.run(
            [*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel)], check=True
        )
        numpy = root / "numpy"
        numpy.mkdir()
        for name in ("numpy", "numpy.libs"):
            found = Path(sysconfig.get_paths()["platlib"]) / name
            if found.exists():
                (numpy / name).symlink_to(found)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RMSNORM_", "PYTHON", "LD_"))
        }
        environment.update(PYTHONPATH=str(numpy), XDG_CACHE_HOME=str(root / "cache"))

        def run(*command: str) -> None:
            subprocess.run(command, check=True, cwd=root, env=environment, timeout=300)

        (root / "model.mlir").write_text(MODEL, encoding="utf-8")
        commands = root / "venv" / "bin"
        run(str(python), "-c", NORM)
        run(str(python), "-m", "rmsnorm", "info")
        run(str(commands / "rmsnorm-compile"), "model.mlir", "-o", "model.rmsn")
        run(str(commands / "rmsnorm-run"), "model.rmsn", "--info")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"failed with status {error.returncode}: {' '.join(map(str, error.cmd[:4]))}")
