"""Files of interactions: of any form, told by what is in them."""

import gzip
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import pytest

from learn.models.reading import BadInteractions, Columns, read

NOON = datetime(2019, 11, 1, 12, tzinfo=timezone.utc).timestamp()


def given(folder: Path, content: str | bytes, columns: Columns = Columns("u", "i"), name: str = "file.data"):
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return read(folder / name, columns)


def ids(loaded) -> list[tuple[str, str]]:
    known = loaded.interactions
    return list(zip(known.user_ids[known.users].tolist(), known.item_ids[known.items].tolist()))


FORMS = {
    "comma": "u,i\nb,2\na,1\nb,1\n",
    "tab": "u\ti\nb\t2\na\t1\nb\t1\n",
    "semicolon": "u;i;x\nb;2;\na;1;\nb;1;\n",
    "bar": "u|i\nb|2\na|1\nb|1\n",
    "two colons": "u::i\nb::2\na::1\nb::1\n",
    "quoted": '"u","i"\n"b","2"\n"a","1"\n"b","1"\n',
    "typed header": "u:token\ti:token\nb\t2\na\t1\nb\t1\n",
    "another case": "U , I\nb,2\na,1\nb,1\n",
    "byte order mark": "\ufeffu,i\nb,2\na,1\nb,1\n",
    "carriage returns": "u,i\r\nb,2\r\na,1\r\nb,1",
    "gzipped": gzip.compress(b"u,i\nb,2\na,1\nb,1\n"),
    "json lines": '{"u":"b","i":2}\n{"u":"a","i":1}\n{"u":"b","i":1}\n',
    "json lines, gzipped": gzip.compress(b'{"u":"b","i":2}\n{"u":"a","i":1}\n{"u":"b","i":1}\n'),
    "rows of other lengths": "u,i\nb,2,9\na,1\nb,1,,,\n",
    "a lonely quote": 'u\ti\tname\nb\t2\tsay "hi\na\t1\t\nb\t1\t\n',
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS.keys())
def test_a_file_is_read_in_its_order_whatever_its_form(content, tmp_path):
    loaded = given(tmp_path, content)
    assert ids(loaded) == [("b", "2"), ("a", "1"), ("b", "1")] and loaded.rows == 3 and not loaded.left_out
    assert loaded.interactions.weights.tolist() == [1, 1, 1] and loaded.interactions.times is None


def test_parquet_is_known_by_its_first_bytes_and_whole_floats_are_ids(tmp_path):
    duckdb.sql(f"COPY (SELECT * FROM (VALUES (17850.0, 'x', TIMESTAMP '2019-11-01 12:00:00'), (NULL, 'y', NULL)) t(u, i, t)) TO '{tmp_path}/file.bin' (FORMAT parquet)")
    loaded = read(tmp_path / "file.bin", Columns("u", "i", "t"))
    assert ids(loaded) == [("17850", "x")] and loaded.interactions.times.tolist() == [NOON]
    assert loaded.left_out == {"without a user or an item": 1}


def test_a_file_without_a_header_is_read_by_numbers(tmp_path):
    loaded = given(tmp_path, "1\t2\t5\t881250949\n3\t4\t1\t881250950\n", Columns("#1", "#2", "#4", "#3"))
    assert ids(loaded) == [("1", "2"), ("3", "4")] and loaded.interactions.weights.tolist() == [5, 1]


def test_rows_without_ids_are_left_out_and_counted(tmp_path):
    loaded = given(tmp_path, "u,i\na,1\n,1\nb,\nnan,2\nNULL,3\nc,None\nd,4\n")
    assert ids(loaded) == [("a", "1"), ("d", "4")] and loaded.left_out == {"without a user or an item": 5} and loaded.rows == 7


def test_letters_of_latin_1_are_read(tmp_path):
    assert ids(given(tmp_path, "u,i\nä,1\n".encode("latin-1"))) == [("ä", "1")]


TIMES = {
    "seconds": f"{NOON:.0f}", "milliseconds": f"{NOON * 1e3:.0f}", "microseconds": f"{NOON * 1e6:.0f}", "nanoseconds": f"{NOON * 1e9:.0f}", "a float": f"{NOON:e}",
    "iso": "2019-11-01T12:00:00", "zulu": "2019-11-01T12:00:00Z", "named zone": "2019-11-01 12:00:00 UTC", "fraction": "2019-11-01 12:00:00.000", "ahead": "2019-11-01 14:00:00+02:00",
    "behind": "2019-11-01T06:30:00.0-0530", "german": "01.11.2019 12:00", "slashes": "2019/11/01 12:00",
}  # fmt: skip


@pytest.mark.parametrize("time", TIMES.values(), ids=TIMES.keys())
def test_a_moment_is_the_same_however_it_is_written(time, tmp_path):
    loaded = given(tmp_path, f"u,i,t\na,1,{time}\nb,2,{time}\n", Columns("u", "i", "t"))
    assert loaded.interactions.times.tolist() == pytest.approx([NOON] * 2)


@pytest.mark.parametrize(("other", "first"), [("31/12/2019 00:00", "11/10/2019"), ("12/31/2019 00:00", "10/11/2019")], ids=["day first", "month first"])
def test_a_column_says_itself_whether_days_come_first(other, first, tmp_path):
    loaded = given(tmp_path, f"u,i,t\na,1,{first} 12:00\nb,2,{other}\n", Columns("u", "i", "t"))
    assert loaded.interactions.times[0] == datetime(2019, 10, 11, 12, tzinfo=timezone.utc).timestamp()


def test_a_few_rows_without_a_time_are_left_out(tmp_path):
    loaded = given(tmp_path, "u,i,t\na,1,5\nb,2,\nc,3,later\nd,4,6\ne,5,7\n", Columns("u", "i", "t"))
    assert loaded.interactions.user_ids.tolist() == ["a", "d", "e"] and loaded.left_out == {"without a time that can be read": 2}


REFUSED = {
    "empty": (b"", Columns("u", "i"), "empty"),
    "nothing but a header": (b"u,i\n", Columns("u", "i"), "no row"),
    "no such column": (b"u,i\na,1\n", Columns("u", "item"), "item: there is no such column; it has u, i; name one of them with --item"),
    "one column for both": (b"u,i\na,1\n", Columns("u", "u"), "different columns"),
    "no times": (b"u,i,t\na,1,x\nb,2,y\n", Columns("u", "i", "t"), "t: not times: 'x'"),
    "no text": (b"\0\1\2\3", Columns("u", "i"), "neither text"),
    "half a parquet file": (b"PAR1....", Columns("u", "i"), "arquet"),
    "half a gzip file": (gzip.compress(b"u,i\na,1\n" * 9999)[:40], Columns("u", "i"), "file.data: "),
}


@pytest.mark.parametrize(("content", "columns", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_used_is_refused_with_the_file_and_the_reason(content, columns, said, tmp_path):
    with pytest.raises(BadInteractions) as refused:
        given(tmp_path, content, columns)
    assert said in str(refused.value) and "file.data" in str(refused.value) and "\n" not in str(refused.value)
