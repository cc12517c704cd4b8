"""Files as torch.save writes them, made without PyTorch: a zip of a pickle (protocol 2), which names storages, and their numbers."""

from __future__ import annotations

import collections
import io
import pickle
import sys
import types
import zipfile
from typing import Any

import numpy as np

KINDS = {"f4": "FloatStorage", "f8": "DoubleStorage", "f2": "HalfStorage", "bf16": "BFloat16Storage", "i8": "LongStorage"}


class Tensor:
    """A tensor to be written: its numbers (or, for bf16, their upper halves), and how it lies in them."""

    def __init__(self, numbers: np.ndarray, kind: str, offset: int = 0, strides: tuple[int, ...] | None = None, shape: tuple[int, ...] | None = None, parameter: bool = False) -> None:
        self.numbers, self.kind, self.offset, self.parameter = numbers, kind, offset, parameter
        self.shape = shape or numbers.shape
        self.strides = strides or tuple(int(np.prod(self.shape[i + 1 :])) for i in range(len(self.shape)))


class _Storage:
    def __init__(self, kind: str, key: str, count: int) -> None:
        self.kind, self.key, self.count = kind, key, count


class _Writer(pickle._Pickler):  # the one in Python: its `save_global` can be told where a name is
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=2)
        self.storages: list[tuple[np.ndarray, str]] = []

    def persistent_id(self, thing: Any) -> Any:
        if isinstance(thing, _Storage):
            return ("storage", _named("torch", KINDS[thing.kind]), thing.key, "cpu", thing.count)
        return None

    def reducer_override(self, thing: Any) -> Any:
        if not isinstance(thing, Tensor):
            return NotImplemented
        self.storages.append((thing.numbers, thing.kind))
        storage = _Storage(thing.kind, str(len(self.storages) - 1), thing.numbers.size)
        told = (storage, thing.offset, tuple(map(int, thing.shape)), tuple(map(int, thing.strides)), thing.parameter, collections.OrderedDict())
        if not thing.parameter:
            return _named("torch._utils", "_rebuild_tensor_v2"), told
        inner = Tensor(thing.numbers, thing.kind, thing.offset, thing.strides, thing.shape)
        self.storages.pop()
        return _named("torch._utils", "_rebuild_parameter"), (inner, True, collections.OrderedDict())


def _named(module: str, name: str) -> Any:
    """A function that pickles as module.name; the module is there as long as a file is written."""
    if module not in sys.modules:
        parent, _, last = module.rpartition(".")
        sys.modules[module] = types.ModuleType(module)
        if parent:
            _parent(parent)
            setattr(sys.modules[parent], last, sys.modules[module])
    if not hasattr(sys.modules[module], name):
        made = type(name, (), {}) if name.endswith("Storage") else types.FunctionType((lambda *_: None).__code__, {}, name)
        made.__module__, made.__qualname__ = module, name
        setattr(sys.modules[module], name, made)
    return getattr(sys.modules[module], name)


def _parent(module: str) -> None:
    sys.modules.setdefault(module, types.ModuleType(module))


def saved(told: Any, byteorder: str | None = "little", root: str = "archive") -> bytes:
    """What torch.save would write."""
    body = io.BytesIO()
    before = {name for name in sys.modules if name == "torch" or name.startswith("torch.")}
    try:
        writer = _Writer(body)
        writer.dump(told)
    finally:
        for name in [name for name in sys.modules if name == "torch" or name.startswith("torch.")]:
            if name not in before:
                del sys.modules[name]
    order = ">" if byteorder == "big" else "<"
    storages = {f"{root}/data/{key}": numbers.astype(f"{order}{'u2' if kind == 'bf16' else kind}").tobytes() for key, (numbers, kind) in enumerate(writer.storages)}
    return zipped({f"{root}/data.pkl": body.getvalue(), **({f"{root}/byteorder": byteorder.encode()} if byteorder else {}), **storages, f"{root}/version": b"3\n"})


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def halves(numbers: np.ndarray) -> np.ndarray:
    """The upper halves of float32: bfloat16."""
    return (numbers.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
