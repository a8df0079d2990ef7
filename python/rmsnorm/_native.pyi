# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Binding of the runtime library (python/native)."""

import os
from collections.abc import Callable
from typing import Any, final

def signature(tensor: Any, /) -> tuple[int, tuple[int, ...]]: ...
def layout_key(*tensors: Any) -> bytes: ...
def dtype_name(number: int, /) -> str: ...
def runtime_version() -> tuple[int, int, int]: ...

class Context:
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
    def handle(self) -> int: ...
    @property
    def num_threads(self) -> int: ...
    @property
    def cpu_features(self) -> str: ...
    def open(self, source: str | os.PathLike[str] | bytes, /) -> Artifact: ...
    def compile_text(
        self,
        text: str,
        targets: tuple[str, ...] = (),
        options: str | None = None,
        disk_cache: bool = True,
    ) -> Artifact: ...
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
    ) -> Artifact: ...
    def jit_stats(self) -> dict[str, Any]: ...
    def info(self) -> dict[str, str]: ...
    def cuda_device_name(self, ordinal: int, /) -> str: ...
    def clear_memory(self) -> None: ...

@final
class Artifact:
    @property
    def function_names(self) -> tuple[str, ...]: ...
    @property
    def variants(self) -> tuple[tuple[str, str, bool, bytes], ...]: ...
    @property
    def kernels(self) -> tuple[tuple[str, str, str, int], ...]: ...
    def __getitem__(self, name: str, /) -> Function: ...

@final
class Function:
    @property
    def name(self) -> str: ...
    @property
    def arguments(self) -> tuple[tuple[str | None, str, tuple[int, ...]], ...]: ...
    @property
    def results(self) -> tuple[tuple[str | None, str, tuple[int, ...]], ...]: ...
    def __call__(self, *tensors: Any, out: Any = None) -> Any: ...

@final
class OwnedTensor:
    def __dlpack__(self, **keywords: Any) -> object: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
