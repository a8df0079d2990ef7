# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Imported text without source locations: modules can be joined, lines be counted."""

import re

_QUOTED = r'"[^"]*"'
_INNER = rf'(?:[^()"]|{_QUOTED})*'
_LOCATION = re.compile(rf" loc\({_INNER}(?:\({_INNER}(?:\({_INNER}\){_INNER})*\){_INNER})*\)")
_ALIAS = re.compile(r"^#loc\d* = loc\(.*\)\n", re.MULTILINE)


def without_locations(text: str) -> str:
    """MLIR text without ``loc(...)`` and the aliases of locations."""
    return _LOCATION.sub("", _ALIAS.sub("", text))
