"""Tensors of a PyTorch export (`torch.save`, a zip), read without PyTorch and without executing the pickle within.

The pickle is taken apart by pickletools, and only what a state_dict is made of is understood: texts, numbers, tuples, lists and
dicts, OrderedDict, and the functions that put a tensor or a parameter together. Anything else is refused by name.
"""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from compiler.model_arrays import LARGEST, ModelFileError

LARGEST_PICKLE = 32 * 2**20  # bytes
DEEPEST = 8  # dicts within dicts
MOST_PARTS = 10_000
_STORAGES = {
    "FloatStorage": "f4", "DoubleStorage": "f8", "HalfStorage": "f2", "BFloat16Storage": "bf16",
    "LongStorage": "i8", "IntStorage": "i4", "ShortStorage": "i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?",
}  # fmt: skip
_PLAIN = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_GIVEN = {"BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_MARK = object()


class _Named:
    """A function or class that the pickle names."""

    def __init__(self, name: str) -> None:
        self.name = name


class _Tensor:
    """Where a tensor's numbers lie: (storage kind, key), offset, shape and strides in numbers."""

    def __init__(self, storage: tuple[str, str], offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> None:
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides


def tensors(path: Path) -> dict[str, np.ndarray]:
    """The tensors of an export by name; within dicts the names are joined by points. Lists of texts are arrays of texts.

    Raises:
        ModelFileError: it holds something else than tensors. ValueError, OSError, zipfile.BadZipFile…: it is broken, or too large.
    """
    with zipfile.ZipFile(path) as archive:
        (root,) = [name.removesuffix("data.pkl") for name in archive.namelist() if name.endswith("/data.pkl")] or [""]
        if not root:
            raise ValueError("no data.pkl in it; files of torch before 1.6 are not read")
        order = _member(archive, f"{root}byteorder", 16).decode() if f"{root}byteorder" in archive.namelist() else "little"
        if order not in ("little", "big"):
            raise ValueError(f"the byte order '{order}'")
        told = _understood(_member(archive, f"{root}data.pkl", LARGEST_PICKLE))
        storages: dict[tuple[str, str], np.ndarray] = {}

        def numbers(tensor: _Tensor) -> np.ndarray:
            if tensor.storage not in storages:
                kind, key = tensor.storage
                storages[tensor.storage] = _storage(_member(archive, f"{root}data/{key}", LARGEST), kind, "<" if order == "little" else ">")
            return _laid(storages[tensor.storage], tensor)

        return {name: numbers(one) if isinstance(one, _Tensor) else np.array(one, dtype=str) for name, one in _flat(told)}


def _member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    info = archive.getinfo(name)
    if info.file_size > most:
        raise ValueError(f"{name} has {info.file_size:,} bytes, at most {most:,} are read")
    return archive.read(info)


def _storage(raw: bytes, kind: str, order: str) -> np.ndarray:
    if kind == "bf16":  # the upper half of a float32
        return (np.frombuffer(raw, f"{order}u2").astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(raw, np.dtype(kind).newbyteorder(order))


def _laid(storage: np.ndarray, tensor: _Tensor) -> np.ndarray:
    """The tensor's own numbers, in a contiguous array."""
    last = tensor.offset + sum((length - 1) * stride for length, stride in zip(tensor.shape, tensor.strides))
    numbers = tensor.offset, *tensor.shape, *tensor.strides
    if any(type(number) is not int or number < 0 for number in numbers) or len(tensor.shape) != len(tensor.strides):
        raise ValueError("a tensor of no possible shape")
    size = 1
    for length in tensor.shape:
        size *= length
    if size == 0:
        return np.zeros(tensor.shape, storage.dtype)
    if last >= len(storage) or size > len(storage):
        raise ValueError("a tensor that is larger than its numbers")
    strides = tuple(stride * storage.itemsize for stride in tensor.strides)
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides).copy()


def _flat(told: Any) -> list[tuple[str, Any]]:
    """(name, tensor or list of texts) of all that a dict holds; numbers and the like are passed over."""
    waiting, found, seen = [("", told, 0)], [], 0
    while waiting:
        name, one, depth = waiting.pop()
        seen += 1
        if seen > MOST_PARTS:
            raise ValueError(f"more than {MOST_PARTS:,} parts")
        if isinstance(one, _Tensor):
            found.append((name or "tensor", one))
        elif isinstance(one, (list, tuple)) and one and all(isinstance(each, str) for each in one):
            found.append((name or "texts", one))
        elif isinstance(one, dict) and depth < DEEPEST:
            waiting += [(f"{name}.{key}" if name else key, value, depth + 1) for key, value in reversed(one.items()) if isinstance(key, str)]
    return found


# --- the pickle --------------------------------------------------------------------------------------------------------


def _understood(raw: bytes) -> Any:
    """What a pickle describes. Raises ValueError or LookupError where it is broken, ModelFileError where it is more than tensors."""
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    for opcode, argument, _ in pickletools.genops(raw):
        name = opcode.name
        if name == "STOP":
            return stack.pop()
        if name in _GIVEN:
            stack.append(argument)
        elif name in _PLAIN:
            stack.append(_PLAIN[name])
        elif name in _TUPLES:
            parts = _popped(stack, _TUPLES[name])
            stack.append(tuple(parts))
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif name in ("BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(memo[argument])
        elif name in _ACTIONS:
            _ACTIONS[name](stack, argument)
        elif name not in ("PROTO", "FRAME"):
            raise _refuse(f"the pickle's {name}")
    raise ValueError("the pickle ends too early")


def _popped(stack: list[Any], count: int) -> list[Any]:
    if count > len(stack):
        raise ValueError("a broken pickle")
    parts = stack[len(stack) - count :]
    del stack[len(stack) - count :]
    return parts


def _marked(stack: list[Any]) -> list[Any]:
    place = next((i for i in range(len(stack) - 1, -1, -1) if stack[i] is _MARK), None)
    if place is None:
        raise ValueError("a broken pickle")
    parts = stack[place + 1 :]
    del stack[place:]
    return parts


def _put(target: Any, pairs: list[Any]) -> None:
    if not isinstance(target, dict) or len(pairs) % 2:
        raise ValueError("a broken pickle")
    for key, value in zip(pairs[::2], pairs[1::2]):
        if not isinstance(key, (str, int)):
            raise _refuse(f"a key that is {type(key).__name__}")
        target[key] = value


def _added(target: Any, values: list[Any]) -> None:
    if not isinstance(target, list):
        raise ValueError("a broken pickle")
    target.extend(values)


def _setitems(stack: list[Any], _: Any) -> None:
    pairs = _marked(stack)
    _put(stack[-1], pairs)


def _setitem(stack: list[Any], _: Any) -> None:
    pairs = _popped(stack, 2)
    _put(stack[-1], pairs)


def _appends(stack: list[Any], _: Any) -> None:
    values = _marked(stack)
    _added(stack[-1], values)


def _append(stack: list[Any], _: Any) -> None:
    values = _popped(stack, 1)
    _added(stack[-1], values)


def _stack_global(stack: list[Any], _: Any) -> None:
    module, name = _popped(stack, 2)
    stack.append(_allowed(f"{module}.{name}"))


def _reduce(stack: list[Any], _: Any) -> None:
    named, arguments = _popped(stack, 2)
    if not isinstance(named, _Named) or named.name not in _MADE or not isinstance(arguments, tuple):
        raise _refuse("a call of something that is no function of tensors")
    stack.append(_MADE[named.name](arguments))


def _build(stack: list[Any], _: Any) -> None:
    """The attributes of an OrderedDict (versions of a state_dict): not needed."""
    (_state,) = _popped(stack, 1)
    if not isinstance(stack[-1], dict):
        raise _refuse("an object with attributes of its own")


def _persistent(stack: list[Any], _: Any) -> None:
    (told,) = _popped(stack, 1)
    if not (isinstance(told, tuple) and len(told) >= 3 and told[0] == "storage" and isinstance(told[1], _Named) and isinstance(told[2], str)):
        raise ValueError("a broken pickle")
    kind = told[1].name.rpartition(".")[2]
    if kind not in _STORAGES:
        raise _refuse(told[1].name)
    stack.append((_STORAGES[kind], told[2]))


def _tensor(arguments: tuple) -> _Tensor:
    storage, offset, shape, strides, *_ = arguments
    if not isinstance(storage, tuple) or not isinstance(shape, tuple) or not isinstance(strides, tuple):
        raise ValueError("a broken tensor")
    return _Tensor(storage, offset, shape, strides)


def _allowed(name: str) -> _Named:
    if name in _MADE or name.startswith("torch.") and name.removeprefix("torch.") in _STORAGES:
        return _Named(name)
    raise _refuse(name)


def _refuse(what: str) -> ModelFileError:
    shown = "".join(letter if letter.isprintable() else "?" for letter in what)[:80]
    fix = "save tensors alone: torch.save({'ids': ids, 'vectors': model.item_embedding.weight.detach()}, file)"
    return ModelFileError("E080", f"it holds more than tensors: {shown}", fix)


_MADE: Mapping[str, Callable[[tuple], Any]] = {
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_parameter": lambda arguments: arguments[0],
    "collections.OrderedDict": lambda arguments: {},
}
_ACTIONS: Mapping[str, Callable[[list[Any], Any], None]] = {
    "MARK": lambda stack, _: stack.append(_MARK),
    "EMPTY_DICT": lambda stack, _: stack.append({}),
    "EMPTY_LIST": lambda stack, _: stack.append([]),
    "TUPLE": lambda stack, _: stack.append(tuple(_marked(stack))),
    "POP": lambda stack, _: stack.pop() and None,
    "GLOBAL": lambda stack, argument: stack.append(_allowed(argument.replace(" ", "."))),
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "BUILD": _build,
    "SETITEM": _setitem,
    "SETITEMS": _setitems,
    "APPEND": _append,
    "APPENDS": _appends,
    "BINPERSID": _persistent,
}
