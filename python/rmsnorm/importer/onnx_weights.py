# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Loading ONNX models: their weights stay where they are, in the file's mapping or the proto."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from rmsnorm.errors import CompileError

# Smaller tensors may be what an operation needs to be constant (axes, shapes, epsilon).
_LARGE = 4096
_WEIGHT_TYPES = frozenset(
    {
        onnx.TensorProto.FLOAT,
        onnx.TensorProto.FLOAT16,
        onnx.TensorProto.BFLOAT16,
        onnx.TensorProto.DOUBLE,
        onnx.TensorProto.INT8,
        onnx.TensorProto.UINT8,
    }
)


_HALVES = (onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16)


@dataclass(frozen=True)
class LoadedModel:
    """A model without its large weights.

    Attributes:
        proto: the model, in which the large weights are graph inputs, after the others.
        weights: (name, value) of these, in order.
    """

    proto: onnx.ModelProto
    weights: tuple[tuple[str, Any], ...]


def load_model(source: "onnx.ModelProto | Path") -> LoadedModel:
    """Reads a model and takes its large weights out, without copying what lies in other files.

    Args:
        source: path of a file, or a model (which is not changed).

    Raises:
        FileNotFoundError: there is no such file.
        CompileError: it is not an ONNX model, or external data are missing or too short.
    """
    if isinstance(source, Path):
        folder: Path | None = source.parent
        try:
            proto = onnx.load(source, load_external_data=False)
        except FileNotFoundError:
            raise
        except Exception as error:  # protobuf's own, without a common base
            raise CompileError(f"{source}: not an ONNX model: {error}") from error
        if not proto.ir_version or not proto.HasField("graph"):
            raise CompileError(f"{source}: not an ONNX model: it has no version or no graph")
    else:
        folder = None
        proto = onnx.ModelProto()
        proto.CopyFrom(source)
    weights = _detach(proto.graph, folder)
    return LoadedModel(proto, weights)


def _detach(graph: onnx.GraphProto, folder: Path | None) -> tuple[tuple[str, Any], ...]:
    weights, kept = [], []
    declared = {value.name: value for value in graph.input}
    for tensor in graph.initializer:
        external = tensor.data_location == onnx.TensorProto.EXTERNAL
        if tensor.data_type in _WEIGHT_TYPES and _size(tensor) >= _LARGE:
            value = _map_external(tensor, folder) if external else numpy_helper.to_array(tensor)
            weights.append((tensor.name, value))
            # Old models declare initialisers as inputs, too; these come first then.
            if tensor.name in declared:
                graph.input.remove(declared[tensor.name])
            graph.input.append(
                onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            )
            continue
        if external:
            value = _map_external(tensor, folder)
            tensor = numpy_helper.from_array(np.array(value), tensor.name)
        kept.append(tensor)
    kept = [onnx.TensorProto.FromString(tensor.SerializeToString()) for tensor in kept]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    return tuple(weights)


def pack_narrow_floats(model: onnx.ModelProto) -> None:
    """Puts f16 and bf16 elements that stand in 32-bit fields into bytes, which torch-mlir reads.

    ``onnx.helper.make_tensor`` leaves them in such fields.
    """
    nodes = [*model.graph.node, *(node for function in model.functions for node in function.node)]
    attributes = (attribute for node in nodes for attribute in node.attribute)
    constants = [item.t for item in attributes if item.type == onnx.AttributeProto.TENSOR]
    for tensor in [*model.graph.initializer, *constants]:
        if tensor.data_type in _HALVES and tensor.int32_data:
            packed = np.asarray(tensor.int32_data, np.int32).astype("<u2").tobytes()
            del tensor.int32_data[:]
            tensor.raw_data = packed


def _size(tensor: onnx.TensorProto) -> int:
    elements = int(np.prod(tensor.dims, dtype=np.int64))
    return elements * int(_numpy_type(tensor).itemsize)


def _map_external(tensor: onnx.TensorProto, folder: Path | None) -> Any:
    """The data of a tensor that lie in another file, mapped read-only.

    Raises:
        CompileError: the file is missing, too short, outside of the model's folder, or the
            folder is not known.
    """
    entries = {entry.key: entry.value for entry in tensor.external_data}
    what = f"initializer {tensor.name!r}: external data in {entries.get('location')!r}"
    if folder is None:
        raise CompileError(
            f"{what}: given a ModelProto, expected the path of the model, or a proto whose "
            "external data are loaded (onnx.external_data_helper)"
        )
    path = Path(os.path.normpath(folder / entries.get("location", "")))
    if not path.is_relative_to(Path(os.path.normpath(folder))):
        raise CompileError(f"{what}: expected a file in the model's folder")
    offset, dtype = int(entries.get("offset", 0)), _numpy_type(tensor)
    shape = tuple(tensor.dims)
    needed = offset + _size(tensor)
    if not path.is_file():
        raise CompileError(f"{what}: no such file")
    if path.stat().st_size < needed:
        raise CompileError(f"{what}: it has {path.stat().st_size} bytes, expected {needed}")
    if not _size(tensor):
        return np.zeros(shape, dtype)
    data = np.memmap(path, np.uint8, "r", offset, (_size(tensor),))
    if offset % dtype.itemsize:
        return np.frombuffer(data.tobytes(), dtype).reshape(shape)
    return data.view(dtype).reshape(shape)


def _numpy_type(tensor: onnx.TensorProto) -> Any:
    return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))
