# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Source locations of an exported program: the line of Python, and the submodule it ran for.

torch-mlir makes a location of the last frames in a node's stack trace. A whole
trace names every caller up to the user's script, and none names the submodule,
so that the norms of all layers would have one location. Remarks, errors and the
report of ``rmsnorm-compile`` show what is left here:
``callsite("modeling_llama.py":66 at "model.layers.1.input_layernorm":0)``.
"""

import re
from pathlib import PurePath

import torch

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')


def _package_path(path: str) -> str:
    """The part of a path that does not depend on the machine."""
    parts = PurePath(path).parts
    for root in ("site-packages", "dist-packages"):
        if root in parts:
            return "/".join(parts[parts.index(root) + 1 :])
    return parts[-1] if parts else path


def _submodule(node: torch.fx.Node) -> str | None:
    """Path of the innermost submodule that the node ran for; ``None`` for the root."""
    stack = node.meta.get("nn_module_stack") or {}
    path = next(reversed(stack.values()))[0] if stack else ""
    return path or None


def short_trace(node: torch.fx.Node) -> str | None:
    """A stack trace of at most two frames: the submodule, and the line that made the node.

    ``None`` where the node has neither.
    """
    frames = _FRAME.findall(node.meta.get("stack_trace") or "")
    lines = []
    submodule = _submodule(node)
    if submodule is not None:
        lines.append(f'File "{submodule}", line 0, in forward')
    if frames:
        path, line, function = frames[-1]
        lines.append(f'File "{_package_path(path)}", line {line}, in {function}')
    return "\n".join(lines) or None


def shorten_traces(program: torch.export.ExportedProgram) -> None:
    """Replaces the stack traces of all nodes, which only locations are made of, by short ones."""
    for node in program.graph.nodes:
        trace = short_trace(node)
        if trace is not None:
            node.meta["stack_trace"] = trace
