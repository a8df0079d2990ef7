# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""clang-tidy over the sources of a build, remembering which were clean.

The key of a file is the hash of clang-tidy's version, all .clang-tidy files, the
compilation command, and the contents of the file and of every header that the
build read for it, as ninja recorded them.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CLANG_TIDY = "clang-tidy-22"
ROOT = Path(__file__).resolve().parents[2]
# Entries that were not used for so long are removed.
KEEP_SECONDS = 60 * 24 * 3600


@dataclass(frozen=True)
class Unit:
    """A source with the command that compiles it and all files that this reads."""

    source: Path
    command: str
    inputs: tuple[Path, ...]

    def key(self) -> str:
        hasher = hashlib.sha256(settings_hash())
        # The same sources in another folder are the same.
        hasher.update(self.command.replace(str(ROOT), "").encode())
        for path in (self.source, *self.inputs):
            hasher.update(content_hash(path))
        return hasher.hexdigest()


@cache
def content_hash(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b""


@cache
def settings_hash() -> bytes:
    version = subprocess.run([CLANG_TIDY, "--version"], capture_output=True, check=True).stdout
    hasher = hashlib.sha256(version)
    for path in sorted(ROOT.glob(".clang-tidy")) + sorted(ROOT.glob("[!.]*/**/.clang-tidy")):
        hasher.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return hasher.digest()


def recorded_inputs(build: Path) -> dict[str, list[Path]]:
    """Per output of the build, what was read to make it (`ninja -t deps`)."""
    listed = subprocess.run(
        ["ninja", "-C", str(build), "-t", "deps"], capture_output=True, text=True, check=True
    )
    inputs: dict[str, list[Path]] = {}
    current: list[Path] = []
    for line in listed.stdout.splitlines():
        if line.startswith("    "):
            current.append((build / line.strip()).resolve())
        elif ": #deps" in line:
            current = inputs.setdefault(line.split(": #deps")[0], [])
    return inputs


def units_of(build: Path) -> list[Unit]:
    """What the build compiles of the repository's own sources, each once."""
    recorded = recorded_inputs(build)
    # A precompiled header stands for what it was made of.
    headers = {(build / name).resolve(): read for name, read in recorded.items() if ".pch" in name}
    units: dict[Path, Unit] = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        source = Path(entry["file"]).resolve()
        if not source.is_relative_to(ROOT) or source.is_relative_to(build):
            continue
        if "third_party" in source.parts or source in units:
            continue
        inputs: set[Path] = set()
        for path in recorded.get(entry["output"], []):
            inputs.update(headers.get(path, [path]))
        units[source] = Unit(source, entry["command"], tuple(sorted(inputs)))
    return sorted(units.values(), key=lambda unit: unit.source)


def changed_since(base: str) -> set[Path]:
    """Files that differ from a commit, also ones that git does not know yet."""
    names = b""
    for command in (
        ["git", "diff", "--name-only", "-z", "--diff-filter=d", base, "--"],
        ["git", "ls-files", "-z", "--others", "--exclude-standard"],
    ):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"--base {base}: {done.stderr.decode().strip()}")
        names += done.stdout
    return {(ROOT / name).resolve() for name in names.decode().split("\0") if name}


def run(unit: Unit, build: Path) -> str:
    """What clang-tidy complains about, "" if nothing."""
    # clang-tidy looks the command up by the file's name.
    command = [CLANG_TIDY, "-p", str(build), "--quiet", "--use-color=0", str(unit.source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode == 0 and "warning:" not in done.stdout:
        return ""
    return (done.stdout + done.stderr).strip() or f"{shlex.join(command)} failed"


def select(units: list[Unit], given: argparse.Namespace) -> list[Unit]:
    if given.files:
        chosen = set()
        for name in given.files:
            path = Path(name).resolve()
            below = {unit for unit in units if unit.source.is_relative_to(path)}
            if not below:
                raise SystemExit(f"{name}: this build compiles nothing of it")
            chosen |= below
        units = [unit for unit in units if unit in chosen]
    if given.base:
        changed = changed_since(given.base)
        units = [unit for unit in units if changed & {unit.source, *unit.inputs}]
    return units


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build-dir", type=Path, required=True)
    parser.add_argument("--base", metavar="COMMIT")
    parser.add_argument("files", nargs="*", metavar="FILE-OR-FOLDER")
    given = parser.parse_args()
    build = given.build_dir.resolve()
    store = Path(
        os.environ.get("RMSNORM_TIDY_CACHE")
        or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "rmsnorm-tidy"
    )
    store.mkdir(parents=True, exist_ok=True)
    units = units_of(build)
    if not units:
        raise SystemExit(f"{build} compiles nothing of {ROOT}")
    chosen = select(units, given)
    keys = {unit: unit.key() for unit in chosen}
    pending = []
    for unit in chosen:
        entry = store / keys[unit]
        if entry.exists():
            entry.touch()
        else:
            pending.append(unit)
    print(f"{len(chosen)} files, {len(chosen) - len(pending)} known to be clean", flush=True)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        complaints = pool.map(lambda unit: run(unit, build), pending)
        for unit, complaint in zip(pending, complaints):
            if complaint:
                failed += 1
                print(complaint, flush=True)
            else:
                (store / keys[unit]).touch()
    newest = max((entry.stat().st_mtime for entry in store.iterdir()), default=0.0)
    for entry in store.iterdir():
        if entry.stat().st_mtime < newest - KEEP_SECONDS:
            entry.unlink(missing_ok=True)
    print(f"{failed} files with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
