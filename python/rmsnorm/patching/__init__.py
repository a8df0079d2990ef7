# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""``rmsnorm.patch``: the RMSNorm modules of a model, found by what they compute, become ours.

A module is *proved* to be one by importing it, raising it (``rmsnorm-raise``) and reading
what was raised, and is then *compared* with its replacement in every dtype, rounding by
rounding. What is not proved, or differs, stays.
"""

from rmsnorm.patching.patch import patch, unpatch
from rmsnorm.patching.report import PatchReport

__all__ = ["PatchReport", "patch", "unpatch"]
