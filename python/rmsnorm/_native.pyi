# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Binding of the runtime library (python/native)."""

import os
from collections.abc import Callable
from typing import Any, final

def signature(tensor: Any, /) -> tuple[int, tuple[int, ...]]:
    """The number of the dtype (``rmsn_dtype``) and the extents of a tensor."""

def layout_key(*tensors: Any) -> bytes:
    """Dtypes and extents of tensors (or ``None``) as a key of dictionaries."""

def dtype_name(number: int, /) -> str:
    """``"bf16"`` for the number of bf16, and so on."""

def runtime_version() -> tuple[int, int, int]:
    """Major, minor and patch number of the runtime library that is loaded."""

class Context:
    """Everything that the runtime does hangs off a context: threads, memory, caches.

    Contexts know nothing of each other. A context may be used from several threads.

    Args:
        num_threads: threads of parallel loops, the caller's included; 0: one per CPU of the
            process.
        cache_directory: folder of compiled code; ``None``: ``$XDG_CACHE_HOME/rmsnorm`` or
            ``~/.cache/rmsnorm``; ``""``: no cache on disk.
        blas_plugin: path of the library for matrix products; ``None``:
            ``$RMSNORM_BLAS_PLUGIN``, else next to the runtime library; ``""``: none.
        compiler_library: path of the compiler; ``None``: ``$RMSNORM_COMPILER_LIBRARY``, else
            next to the runtime library; ``""``: none.
        log: gets the runtime's messages, ``log(level, message)``, level 0 (debug) to 3 (error).

    Raises:
        RMSNormError: an option is not valid.
    """

    def __new__(
        cls,
        num_threads: int = 0,
        *,
        cache_directory: str | None = None,
        blas_plugin: str | None = None,
        compiler_library: str | None = None,
        log: Callable[[int, str], object] | None = None,
    ) -> Context: ...
    @property
    def handle(self) -> int:
        """Address of the ``rmsn_context``, for C code."""

    @property
    def num_threads(self) -> int:
        """Threads that a parallel loop may use, the caller's included."""

    @property
    def cpu_features(self) -> str:
        """This machine's CPU features by LLVM's names, comma separated."""

    def open(self, source: str | os.PathLike[str] | bytes, /) -> Artifact:
        """Opens an artifact: the path of a file, or its bytes. ``rmsnorm.load`` does it."""

    def compile_text(
        self,
        text: str,
        targets: tuple[str, ...] = (),
        options: str | None = None,
        disk_cache: bool = True,
    ) -> Artifact:
        """Compiles MLIR text in this process, or takes what was compiled before.

        Args:
            text: a module of tensors: linalg, ``rmsnorm`` and what upstream has around them.
            targets: as for ``rmsnorm-compile --target``; none: this machine's CPU.
            options: further options of the compiler.
            disk_cache: look into the cache on disk, and write to it.

        Raises:
            RMSNormError: there is no compiler library, or it refused the text.
        """

    def compile_norm(
        self,
        dtype: int,
        shape: tuple[int, ...],
        axes: tuple[int, ...],
        *,
        scale: tuple[int, tuple[int, ...]] | None = None,
        bias: tuple[int, tuple[int, ...]] | None = None,
        eps_param: tuple[int, tuple[int, ...]] | None = None,
        eps: float = 0.0,
        min_rms: float = 0.0,
        eps_mode: int = 0,
        residual: bool = False,
        residual_scale: float = 1.0,
        return_sum: bool = False,
        round_sum: bool = False,
        scale_offset: float = 0.0,
        cast_before_scale: bool = False,
        return_rstd: bool = False,
        disk_cache: bool = True,
        residual_scale_param: tuple[int, tuple[int, ...]] | None = None,
        gate: int = 0,
        gate_before_norm: bool = False,
        backward: bool = False,
        grads: int = 0,
        dsum: bool = False,
        rstd: bool = False,
        input_is_sum: bool = False,
    ) -> Artifact:
        """Compiles one norm or its backward: ``rmsn_norm_spec`` of the C API, member by member.

        Args:
            dtype: number of the dtype (see ``signature``).
            shape: extents, -1 for those known only in a call.
            axes: normalised axes.
            scale, bias, eps_param, residual_scale_param: (dtype, shape) of a parameter.
            eps, min_rms, eps_mode, residual, residual_scale, return_sum, round_sum,
                scale_offset, cast_before_scale, return_rstd, gate, gate_before_norm: as there.
            disk_cache: look into the cache on disk, and write to it.
            backward, grads, dsum, rstd, input_is_sum: of the backward.

        Returns:
            An artifact whose function ``"main"`` takes and gives what the C API's header says.

        Raises:
            RMSNormError: the members do not fit together, or compiling failed.
        """

    def norm_text(
        self, dtype: int, shape: tuple[int, ...], axes: tuple[int, ...], **members: Any
    ) -> str:
        """The MLIR text of one norm or its backward, which ``compile_norm`` compiles.

        Takes what that does. What else compiles it gets it so: ``rmsnorm-compile``, say.

        Raises:
            RMSNormError: the members do not fit together.
        """

    def jit_stats(self) -> dict[str, Any]:
        """What just-in-time compilation did: hits in memory and on disk, misses."""

    def info(self) -> dict[str, str]:
        """Paths of the libraries and of the cache that the context uses."""

    def cuda_device_name(self, ordinal: int, /) -> str:
        """Name of a GPU; ``RMSNormError`` if it is not there, the message says why."""

    def clear_memory(self) -> None:
        """Forgets compiled code that is kept in memory; artifacts in use stay valid."""

@final
class Artifact:
    """An opened artifact: ``artifact["main"]`` is its function of that name."""

    @property
    def function_names(self) -> tuple[str, ...]:
        """Its functions."""

    @property
    def variants(self) -> tuple[tuple[str, str, bool, bytes], ...]:
        """Compiled code in it: target, kind (elf, ptx, cubin), whether usable here, the bytes."""

    @property
    def kernels(self) -> tuple[tuple[str, str, str, int], ...]:
        """What norms became: function, name and description of a kernel, norms in it."""

    def __getitem__(self, name: str, /) -> Function:
        """The function of that name; ``RMSNormError`` (``NOT_FOUND``) if there is none."""

@final
class Function:
    """A compiled function of an artifact, called with tensors of any library with DLPack."""

    @property
    def name(self) -> str:
        """Its name in the artifact."""

    @property
    def handle(self) -> int:
        """Address of the ``rmsn_function``, for C code; valid as long as this object."""

    @property
    def arguments(self) -> tuple[tuple[str | None, str, tuple[int, ...]], ...]:
        """Name, dtype and extents of each argument; -1 is an extent known only in a call."""

    @property
    def results(self) -> tuple[tuple[str | None, str, tuple[int, ...]], ...]:
        """Name, dtype and extents of each result."""

    def __call__(self, *tensors: Any, out: Any = None) -> Any:
        """Runs it.

        Args:
            tensors: the arguments, in order; numbers for scalars.
            out: a tensor (several results: a sequence of them) to write to, else new memory.

        Returns:
            The result in the library of the first tensor; several as a tuple.

        Raises:
            RMSNormError: a tensor does not fit; the message names it, what was given and
                what was expected.
        """

@final
class OwnedTensor:
    """A result of the runtime where the arguments' library is unknown: take it by ``from_dlpack``."""

    def __dlpack__(self, **keywords: Any) -> object: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
