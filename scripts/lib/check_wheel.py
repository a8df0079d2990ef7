# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks a wheel of rmsnorm.

Each ELF file in it may need only libraries that the wheel holds or that are on
every Linux system (PEP 600), and no glibc or libstdc++ newer than
docs/wheel.md states. The wheel may not be larger than stated there, must hold
what the package is made of, and no path of the machine it was built on.
Usage: check_wheel.py [--tag] FOLDER-WITH-THE-WHEEL OUTPUT-FOLDER docs/wheel.md

With --tag the wheel is packed again with the platform tag of what it needs
(manylinux_2_36_x86_64, say), under which it may be given to others.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

SYSTEM = re.compile(
    r"^(ld-linux[-\w]*|libc|libm|libdl|libpthread|librt|libgcc_s|libstdc\+\+|libz)\.so"
)
# Parts that come with another package; they are loaded only where that is.
WITH_TORCH = re.compile(r"^lib(torch\w*|c10\w*)\.so")
REQUIRED = (
    "rmsnorm/__init__.py",
    "rmsnorm/__main__.py",
    "rmsnorm/_native.abi3.so",
    "rmsnorm/_native.pyi",
    "rmsnorm/py.typed",
    "rmsnorm/bin/rmsnorm-compile",
    "rmsnorm/bin/rmsnorm-opt",
    "rmsnorm/bin/rmsnorm-run",
    "rmsnorm/lib/librmsnorm_compiler.so",
    "rmsnorm/lib/librmsnorm_blas.so",
)


@dataclass
class Elf:
    """What the dynamic section of a file says."""

    path: Path
    needed: list[str] = field(default_factory=list)
    search: list[str] = field(default_factory=list)
    versions: dict[str, tuple[int, ...]] = field(default_factory=dict)


def version_of(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def text_of(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def read_elf(path: Path) -> Elf:
    done = subprocess.run(["objdump", "-p", path], capture_output=True, text=True, check=True)
    elf = Elf(path, needed=re.findall(r"^\s+NEEDED\s+(\S+)$", done.stdout, re.MULTILINE))
    for paths in re.findall(r"^\s+(?:RPATH|RUNPATH)\s+(\S+)$", done.stdout, re.MULTILINE):
        elf.search += paths.split(":")
    # "0x06969194 0x00 05 GLIBC_2.14": wanted of others; definitions look otherwise.
    for name, number in re.findall(
        r"0x[0-9a-f]+ 0x[0-9a-f]+ \d+ (GLIBC|GLIBCXX)_([\d.]+)$", done.stdout, re.MULTILINE
    ):
        elf.versions[name] = max(elf.versions.get(name, ()), version_of(number))
    return elf


def stated(document: Path) -> tuple[tuple[int, ...], tuple[int, ...], int]:
    """Newest glibc and libstdc++ symbols, and megabytes, as docs/wheel.md states them."""
    text = document.read_text(encoding="utf-8")
    found = [
        re.search(pattern, text)
        for pattern in (r"glibc \*\*([\d.]+)\*\*", r"GLIBCXX_([\d.]+)", r"\*\*(\d+) MB\*\*")
    ]
    if not all(found):
        raise SystemExit(f"{document} does not state glibc, GLIBCXX and the size")
    glibc, glibcxx, size = (match.group(1) for match in found if match)
    return version_of(glibc), version_of(glibcxx), int(size)


def check_files(root: Path, names: set[str]) -> tuple[list[str], dict[str, tuple[int, ...]]]:
    """Complaints about the files of an unpacked wheel, and the newest versions needed."""
    complaints = [f"{name} is missing" for name in REQUIRED if name not in names]
    complaints += [
        f"{name} does not belong there" for name in names if "__pycache__" in name.split("/")
    ]
    here = {Path(name).name for name in names}
    newest: dict[str, tuple[int, ...]] = {}
    for name in sorted(names):
        path = root / name
        with path.open("rb") as file:
            if file.read(4) != b"\x7fELF":
                continue
        elf = read_elf(path)
        for library in elf.needed:
            if library not in here and not SYSTEM.match(library) and not WITH_TORCH.match(library):
                complaints.append(f"{name} needs {library}, which is not in the wheel")
        complaints += [
            f"{name} looks for libraries in {folder}, a folder of the build machine"
            for folder in elf.search
            if not folder.startswith("$ORIGIN")
        ]
        for key, version in elf.versions.items():
            newest[key] = max(newest.get(key, ()), version)
    return complaints, newest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tag", action="store_true")
    parser.add_argument("folder", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("document", type=Path)
    given = parser.parse_args()
    folder, output, document = given.folder, given.output, given.document
    wheels = list(folder.glob("rmsnorm-*.whl"))
    if len(wheels) != 1:
        print(f"{folder}: expected one wheel, found {len(wheels)}", file=sys.stderr)
        return 1
    wheel = wheels[0]
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(wheel) as archive:
        archive.extractall(scratch)
        names = {name for name in archive.namelist() if not name.endswith("/")}
        complaints, newest = check_files(Path(scratch), names)
    glibc, glibcxx, megabytes = stated(document)
    size = wheel.stat().st_size / 1e6
    for name, most in (("GLIBC", glibc), ("GLIBCXX", glibcxx)):
        if newest.get(name, ()) > most:
            complaints.append(
                f"needs {name}_{text_of(newest[name])}, {document.name} states {text_of(most)}"
            )
    if size > megabytes:
        complaints.append(f"has {size:.1f} MB, {document.name} states {megabytes}")
    for complaint in complaints:
        print(f"{wheel.name}: {complaint}", file=sys.stderr)
    if complaints:
        return 1
    if given.tag:
        machine = wheel.stem.rsplit("linux_")[-1]
        tag = f"manylinux_{newest['GLIBC'][0]}_{newest['GLIBC'][1]}_{machine}"
        subprocess.run(
            [sys.executable, "-m", "wheel", "tags", "--remove", f"--platform-tag={tag}", wheel],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    output.mkdir(parents=True, exist_ok=True)
    for old in output.glob("rmsnorm-*.whl"):
        old.unlink()
    (tagged,) = folder.glob("rmsnorm-*.whl")
    shutil.move(str(tagged), str(output))
    print(
        f"{tagged.name}: {size:.1f} MB, {len(names)} files, needs glibc "
        f"{text_of(newest['GLIBC'])} and GLIBCXX_{text_of(newest['GLIBCXX'])}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
