# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""GPU kernels. Nothing here runs them, and the report has to say so."""

from rmsnorm.evaluate.norm import Norm, Results


class EmulatedPath:
    """The NVPTX kernels, which no case is computed by: the path is always unavailable."""

    name = "nvptx"
    title = "the GPU kernels, in the emulator"

    def unavailable(self) -> str | None:
        """Always a reason."""
        return (
            "this program does not run GPU kernels; test/emulator in the source tree checks "
            "them in the emulator (scripts/test)"
        )

    def run(self, norm: Norm) -> dict[str, Results]:
        """Refuses."""
        raise NotImplementedError(self.unavailable())
