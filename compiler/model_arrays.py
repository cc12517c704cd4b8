"""Files of arrays by name, as libraries write them: NPZ, NPY, Parquet, Arrow, Feather, CSV, PyTorch. Nothing in them is executed.

Every array is read when it is asked for, and none that is larger than LARGEST; a size that a file claims is compared with what it
holds before memory is taken for it.
"""

from __future__ import annotations

import csv
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import numpy as np

LARGEST = 512 * 2**20  # bytes of one array, and of a table
MOST_ROWS = 10_000_000
_BROKEN = (OSError, ValueError, LookupError, EOFError, TypeError, OverflowError, MemoryError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


class ModelFileError(Exception):
    """A file of a model that cannot be used: the error's code, what is wrong, and how to mend it."""

    def __init__(self, code: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.code, self.message, self.fix = code, message, fix


class Arrays(Mapping[str, "np.ndarray"]):
    """Arrays by name, each read when it is asked for. `table`: whether they are the columns of a table."""

    def __init__(self, readers: Mapping[str, Callable[[], "np.ndarray"]], what: str, table: bool = False) -> None:
        self._readers, self.what, self.table = readers, what, table

    def __getitem__(self, name: str) -> "np.ndarray":
        """Raises KeyError, or ModelFileError where it cannot be read."""
        reader = self._readers[name]
        try:
            return reader()
        except _BROKEN as error:
            raise ModelFileError("E080", f"'{name}' cannot be read: {said(error)}", "write the file anew") from None

    def __contains__(self, name: object) -> bool:
        return name in self._readers

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


def said(error: BaseException) -> str:
    """An error's text as one short line."""
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())[:200]


def arrays(path: Path) -> Arrays:
    """The arrays of a file; its kind is told by its name.

    Raises:
        ModelFileError: of no known kind, not what its name says, too large, or without the library that reads it.
    """
    suffix = path.suffix.lower()
    if suffix not in _READERS:
        raise ModelFileError("E080", "a file of no kind that is read", f"write it as {', '.join(_READERS)}")
    what, reader, fix = _READERS[suffix]
    try:
        return reader(path)
    except _BROKEN as error:
        detail = "" if suffix == ".npz" else f": {said(error)}"
        raise ModelFileError("E080", f"not {what}{detail}", fix) from None


# --- NumPy -----------------------------------------------------------------------------------------------------------


def _npz(path: Path) -> Arrays:
    with zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    if not names:
        raise ValueError("no array in it")
    return Arrays({name: lambda name=name: _member(path, name) for name in names}, "NPZ")


def _member(path: Path, name: str) -> "np.ndarray":
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(f"{name}.npy")
        with archive.open(info) as file:
            return _array(file, info.file_size)


def _array(file: BinaryIO, size: int) -> "np.ndarray":
    """An array in NPY format of so many bytes at most. Arrays of Python objects are refused: they would be executed."""
    import numpy as np
    from numpy.lib import format as npy

    if size > LARGEST:
        raise ValueError(f"{size:,} bytes, at most {LARGEST:,} are read")
    version = npy.read_magic(file)
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
    if read is None:
        raise ValueError(f"version {version} of the NPY format")
    shape, by_columns, dtype = read(file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects; save arrays of numbers and of texts")
    count = 1
    for length in shape:
        count *= length
    if min(shape, default=0) < 0 or count * dtype.itemsize > size:
        raise ValueError(f"the shape {shape} does not fit {size:,} bytes")
    raw = file.read(count * dtype.itemsize)
    if len(raw) != count * dtype.itemsize:
        raise EOFError("the file ends too early")
    return np.frombuffer(raw, dtype, count).reshape(shape, order="F" if by_columns else "C") if count else np.zeros(shape, dtype)


def _npy(path: Path) -> Arrays:
    def read() -> "np.ndarray":
        with path.open("rb") as file:
            return _array(file, path.stat().st_size)

    return Arrays({"array": read}, "NPY")


# --- tables ----------------------------------------------------------------------------------------------------------


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise ModelFileError("E080", "reading this file needs PyArrow", "pip install 'tessera-edge[learn]', or write the file as NPZ") from None
    return pyarrow


def _parquet(path: Path) -> Arrays:
    _pyarrow()
    from pyarrow import parquet

    file = parquet.ParquetFile(path)
    told = file.metadata
    if told.num_rows > MOST_ROWS or sum(told.row_group(i).total_byte_size for i in range(told.num_row_groups)) > LARGEST:
        raise ValueError(f"{told.num_rows:,} rows; at most {MOST_ROWS:,} and {LARGEST:,} bytes are read")
    return _columns(file.schema_arrow, file.iter_batches())


def _arrow(path: Path) -> Arrays:
    """An Arrow file or stream; Feather is the same file."""
    pyarrow = _pyarrow()
    with pyarrow.OSFile(str(path)) as source:
        if path.open("rb").read(6) == b"ARROW1":
            reader = pyarrow.ipc.open_file(source)
            return _columns(reader.schema, map(reader.get_batch, range(reader.num_record_batches)))
        stream = pyarrow.ipc.open_stream(source)
        return _columns(stream.schema, stream)


def _columns(schema: Any, batches: Iterable[Any]) -> Arrays:
    import pyarrow

    taken, rows, held = [], 0, 0
    for batch in batches:
        rows, held = rows + batch.num_rows, held + batch.nbytes
        if rows > MOST_ROWS or held > LARGEST:
            raise ValueError(f"at most {MOST_ROWS:,} rows and {LARGEST:,} bytes are read")
        taken.append(batch)
    table = pyarrow.Table.from_batches(taken, schema)
    return Arrays({name: lambda name=name: _column(table.column(name)) for name in table.column_names}, "a table", table=True)


def _column(column: Any) -> "np.ndarray":
    """A column as an array; one of lists of equal lengths as n × d."""
    import numpy as np
    import pyarrow

    kind = column.type
    if isinstance(kind, pyarrow.DictionaryType):
        column, kind = column.cast(kind.value_type), kind.value_type
    if column.null_count:
        raise ValueError(f"{column.null_count:,} empty cells")
    if pyarrow.types.is_list(kind) or pyarrow.types.is_large_list(kind) or pyarrow.types.is_fixed_size_list(kind):
        return _rectangle(column)
    if pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind):
        return np.array(column.to_pylist(), dtype=str)
    return column.to_numpy()


def _rectangle(column: Any) -> "np.ndarray":
    """A column of lists as n × d."""
    import numpy as np
    import pyarrow.compute as compute

    if not len(column):
        return np.zeros((0, 0), np.float32)
    lengths = compute.min_max(compute.list_value_length(column)).as_py()
    if lengths["min"] != lengths["max"]:
        raise ValueError(f"lists of {lengths['min']} to {lengths['max']} numbers; all must be as long")
    return np.concatenate([chunk.flatten().to_numpy(zero_copy_only=False) for chunk in column.chunks]).reshape(len(column), lengths["min"])


def _csv(path: Path) -> Arrays:
    """Columns of texts."""
    import numpy as np

    if path.stat().st_size > LARGEST:
        raise ValueError(f"at most {LARGEST:,} bytes are read")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",", strict=True)
        header = [name.strip() for name in next(reader, [])]
        if not header or len(set(header)) < len(header):
            raise ValueError("a header of different column names is wanted in the first line")
        rows = []
        for row in reader:
            if row and len(row) != len(header):
                raise ValueError(f"line {reader.line_num} has {len(row)} cells, the header has {len(header)}")
            if row:
                rows.append(row)
    cells = list(zip(*rows)) if rows else [()] * len(header)
    return Arrays({name: lambda each=each: np.array([cell.strip() for cell in each], dtype=str) for name, each in zip(header, cells)}, "a table", table=True)


# --- files of ids ----------------------------------------------------------------------------------------------------


def ids_of(path: Path) -> list[str]:
    """The ids of a file, in the order of the vectors.

    A text with one id a line; JSON: a list of ids, or the map of an id to its row; or an NPY file of texts.

    Raises:
        ModelFileError: where it is none of them.
    """
    from tessera.types import parse_json

    try:
        if path.suffix.lower() == ".npy":
            return texts(_npy(path)["array"])
        if path.stat().st_size > LARGEST:
            raise ValueError(f"at most {LARGEST:,} bytes are read")
        text = path.read_text("utf-8-sig")
        if path.suffix.lower() != ".json":
            return text.split("\n")[: -1 if text.endswith("\n") else None] if "\r" not in text else text.splitlines()
        told = parse_json(text, LARGEST)
        return _mapped(told) if isinstance(told, dict) else texts(told)
    except _BROKEN as error:
        fix = "write one id a line, or as JSON a list of ids or the map of ids to rows"
        raise ModelFileError("E080", f"no ids: {said(error)}", fix) from None


def _mapped(told: Mapping[str, Any]) -> list[str]:
    """Ids in the order of their rows, from {id: row} or {row: id}."""
    if all(isinstance(value, int) and not isinstance(value, bool) for value in told.values()):
        by_row = {row: item for item, row in told.items()}
    else:
        by_row = {int(row): item for row, item in told.items()}
    if sorted(by_row) != list(range(len(told))):
        raise ValueError("the map does not give each row from 0 on one id")
    return texts([by_row[row] for row in range(len(told))])


def texts(ids: Any) -> list[str]:
    """Ids as texts. Raises ValueError for what is neither text nor a whole number."""
    import numpy as np

    found = ids.tolist() if isinstance(ids, np.ndarray) else list(ids)
    if any(isinstance(one, bool) or not isinstance(one, (str, int, bytes)) for one in found):
        raise ValueError("ids are texts or whole numbers")
    return [one.decode() if isinstance(one, bytes) else str(one) for one in found]


def _torch(path: Path) -> Arrays:
    from compiler.model_torch import tensors

    return Arrays({name: lambda one=one: one for name, one in tensors(path).items()}, "a PyTorch export")


_TABLE = "write it with pandas, Polars or PyArrow"
_READERS: dict[str, tuple[str, Callable[[Path], Arrays], str]] = {
    ".npz": ("an NPZ file with the arrays `ids` and `vectors`", _npz, "write it with numpy.savez(file, ids=…, vectors=…)"),
    ".parquet": ("Parquet", _parquet, _TABLE),
    ".arrow": ("an Arrow file", _arrow, _TABLE),
    ".feather": ("a Feather file", _arrow, _TABLE),
    ".csv": ("CSV", _csv, "write a line of column names, then a row a line"),
    ".tsv": ("TSV", _csv, "write a line of column names, then a row a line"),
    ".pt": ("a PyTorch export of tensors", _torch, "write it with torch.save(model.state_dict(), file), by torch 1.6 or later"),
    ".pth": ("a PyTorch export of tensors", _torch, "write it with torch.save(model.state_dict(), file), by torch 1.6 or later"),
}
