# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs the blocks of a page, in order, in one folder."""

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from check_examples import Example, wrap
from documentation import ROOT, Block

from rmsnorm.tools import find_tool

_TIMEOUT = 300
# A page shows how another build system or a tool of the reader is set up.
_NOT_CODE = ("text",)


class SnippetError(AssertionError):
    """A block that does not do what the page says."""


def _matches(got: str, want: str) -> bool:
    """Whether the output is what is written; ``...`` stands for anything."""
    parts = [re.escape(part.strip()) for part in want.strip().split("...")]
    trimmed = "\n".join(line.rstrip() for line in got.strip().splitlines())
    return re.fullmatch(r"[\s\S]*?".join(parts), trimmed) is not None


class PageRunner:
    """One page: Python blocks share a namespace, all blocks a folder.

    Args:
        name: of the page, for messages.
        folder: where files are written and commands run.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self.output = ""
        self.frames: dict[str, str] = {}
        self.number = 0
        tools = Path(find_tool("rmsnorm-opt")).parent
        self.libraries = tools.parent / "lib"
        # python, pip and the tools are those that are tested.
        path = [str(Path(sys.executable).parent), str(tools), os.environ.get("PATH", "")]
        self.environment = {**os.environ, "PATH": os.pathsep.join(path)}

    def run(self, block: Block) -> None:
        """Runs a block, or checks what can be checked of it.

        Raises:
            SnippetError: it fails, or prints something else than the page says.
        """
        options = dict(block.options)
        name = options.pop("file", None)
        if name is not None:
            (self.folder / name).write_text(block.text, encoding="utf-8")
        if options.pop("skip", None) is not None:
            self._check_scripts(block)
            return
        runners: dict[str, Callable[[Block], None]] = {
            "python": self._python,
            "sh": self._shell,
            "console": self._console,
            "mlir": self._mlir,
            "c": self._c,
            "c-frame": self._frame,
            "json": self._json,
            "text": self._text,
        }
        if block.language not in runners:
            self._fail(block, f'language {block.language!r}: nothing runs it; add skip="why"')
        try:
            runners[block.language](block)
        except SnippetError:
            raise
        except Exception as error:
            raise SnippetError(
                f"{self.name}:{block.line}: {type(error).__name__}: {error}"
            ) from error

    def _fail(self, block: Block, why: str) -> None:
        raise SnippetError(f"{self.name}:{block.line}: {why}")

    def _check_scripts(self, block: Block) -> None:
        """Of a block that is too dear to run: that the scripts are there."""
        for script in re.findall(r"(?<![\w/])scripts/[\w-]+(?![\w.-])", block.text):
            if not os.access(ROOT / script, os.X_OK):
                self._fail(block, f"{script} is not there, or no program")

    def _python(self, block: Block) -> None:
        # As many empty lines as stand before it, so that tracebacks have the page's lines.
        code = compile("\n" * (block.line - 1) + block.text, self.name, "exec")
        expected = block.options.get("raises")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                exec(code, self.namespace)
            except Exception as error:
                if expected is None or type(error).__name__ != expected:
                    raise
                print(f"{type(error).__name__}: {error}")
                expected = None
        if expected is not None:
            self._fail(block, f"it does not raise {expected}")
        self.output = printed.getvalue()

    def _command(self, block: Block, *command: str, name: str = "") -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT,
        )
        if done.returncode != 0:
            self._fail(
                block,
                f"{name or command[0]} gave {done.returncode}:\n{done.stderr}\n{done.stdout}",
            )
        return done.stdout + done.stderr

    def _shell(self, block: Block) -> None:
        self.output = self._command(block, "bash", "-euo", "pipefail", "-c", block.text)

    def _console(self, block: Block) -> None:
        """Lines that start with ``$ `` are commands, what follows each is printed by it."""
        parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
        if parts[0].strip() or len(parts) < 2:
            self._fail(block, "expected a line that starts with '$ '")
        for part in parts[1:]:
            command, _, want = part.partition("\n")
            got = self._command(block, "bash", "-euo", "pipefail", "-c", command, name=command)
            if not _matches(got, want):
                self._fail(block, f"{command!r} printed\n{got}\nexpected\n{want}")

    def _mlir(self, block: Block) -> None:
        name = f"example{self.number}.mlir"
        self.number += 1
        text = wrap(Example(Path(self.name), block.line, block.text))
        (self.folder / name).write_text(text, encoding="utf-8")
        flags = block.options.get("flags", "--verify-roundtrip").split()
        self.output = self._command(block, find_tool("rmsnorm-opt"), name, *flags)

    def _frame(self, block: Block) -> None:
        self.frames[block.options["name"]] = block.text

    def _c(self, block: Block) -> None:
        text, frame = block.text, block.options.get("frame")
        if frame is not None:
            text = self.frames[frame].replace("@snippet@", text)
        source, program = f"example{self.number}.c", f"./example{self.number}"
        self.number += 1
        (self.folder / source).write_text(text, encoding="utf-8")
        compiler = next(
            (found for name in ("clang-22", "cc", "gcc") if (found := shutil.which(name))), None
        )
        if compiler is None:
            self._fail(block, "no C compiler")
        self._command(
            block,
            str(compiler),
            *("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror"),
            f"-I{ROOT / 'runtime' / 'include'}",
            source,
            *("-o", program, f"-L{self.libraries}", f"-Wl,-rpath,{self.libraries}"),
            *("-lrmsnorm_runtime", "-lm"),
        )
        self.output = self._command(block, program, *block.options.get("args", "").split())

    def _json(self, block: Block) -> None:
        json.loads(block.text)

    def _text(self, block: Block) -> None:
        if "output" in block.options and not _matches(self.output, block.text):
            self._fail(block, f"the block before it printed\n{self.output}")
