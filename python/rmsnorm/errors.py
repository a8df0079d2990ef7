# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Errors of the package."""


class RMSNormError(RuntimeError):
    """A status of the runtime other than OK.

    Attributes:
        status: the status' name, ``"WRONG_DTYPE"`` for instance (see ``status.h``).
        code: its number.
    """

    def __init__(self, message: str, status: str, code: int) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def __reduce__(self) -> tuple[type["RMSNormError"], tuple[str, str, int]]:
        return type(self), (str(self), self.status, self.code)


class CompileError(RuntimeError):
    """The compiler refused its input; the message is the compiler's own."""


class ToolNotFoundError(FileNotFoundError):
    """A program of the project is neither next to the package nor on ``PATH``."""


class UnsupportedModelError(CompileError):
    """A model cannot be imported; the message names the operation and the model's line."""


class MissingPackageError(ImportError):
    """An optional Python package is needed and cannot be imported.

    Args:
        package: its name for pip.
        extra: the extra of this package that installs it.
        purpose: what needs it.
        error: what importing it said.
    """

    def __init__(self, package: str, extra: str, purpose: str, error: ImportError) -> None:
        super().__init__(
            f"{purpose} needs the package {package}: pip install {package} "
            f"(or rmsnorm[{extra}]); importing it said: {error}",
            name=package,
        )
