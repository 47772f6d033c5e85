"""The embedded index between processes, and after one of them was killed."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs
import pytest
import tantivy

from commerce_core.kernel.paging import CursorExpired
from commerce_core.search import Document, Query, SearchUnavailable
from commerce_tantivy import TantivyIndex, generations
from commerce_tantivy.schema import to_entry
from commerce_testkit.contracts.search_documents import document, item_id
from commerce_testkit.memory.clock import SettableClock

#: Another process: it puts in the folder what it is told, says so, and waits at its standard input.
_OTHER: Final = """
import sys
from pathlib import Path
from commerce_core.search import Query, SearchUnavailable
from commerce_tantivy import TantivyIndex
from commerce_testkit.contracts.search_documents import document
from commerce_testkit.memory.clock import SettableClock

index = TantivyIndex(Path(sys.argv[1]), currency="USD", clock=SettableClock())
for line in sys.stdin:
    verb, _, rest = line.strip().partition(" ")
    try:
        if verb == "put":
            index.put([document(int(rest), f"Lamp {rest}")])
        elif verb == "begin":
            index.begin_rebuild()
        elif verb == "rebuild":
            index.rebuild([document(n, f"New lamp {n}") for n in range(int(rest))])
        elif verb == "page":
            cursor = rest or None
            page = index.find(Query(term="lamp", size=2, cursor=cursor))
            print(page.total, ",".join(h.item_id for h in page.hits), page.next_cursor, flush=True)
            continue
        print("done", flush=True)
    except SearchUnavailable:
        print("refused", flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def index(folder: Path) -> Iterator[TantivyIndex]:
    index = TantivyIndex(folder, currency="USD", clock=SettableClock())
    yield index
    index.close()


@pytest.fixture
def other(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process with the same folder."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-c", _OTHER, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        yield process
        process.kill()


def ask(process: subprocess.Popen[str], line: str) -> str:
    """What *process* answers to *line*."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def kill(process: subprocess.Popen[str]) -> None:
    """End *process* as a power cut would."""
    process.kill()
    process.wait()


def test_only_one_process_writes(index: TantivyIndex, other: subprocess.Popen[str]) -> None:
    assert ask(other, "put 1") == "done"
    assert not index.claim_writing()
    with pytest.raises(SearchUnavailable):
        index.put([document(2, "Lamp")])
    with pytest.raises(SearchUnavailable):
        index.begin_rebuild()
    assert index.find(Query(term="lamp")).total == 1
    kill(other)
    assert index.claim_writing()
    index.put([document(2, "Lamp")])
    assert index.find(Query(term="lamp")).total == 2


def test_nothing_is_kept_of_a_batch_with_a_document_that_cannot_be_written(
    index: TantivyIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def only_plain(entered: Document) -> tantivy.Document:
        if entered.name == "Odd":
            raise ValueError("this document alone")
        return to_entry(entered)

    index.put([document(0, "Chair")])
    monkeypatch.setattr(generations, "to_entry", only_plain)
    batch = [document(no, "Odd" if no == 150 else "Lamp") for no in range(1, 200)]
    with pytest.raises(ValueError, match="alone"):
        index.put(batch)
    index.put([document(200, "Chair")])
    assert index.find(Query(term="lamp")).total == 0
    assert index.find(Query(term="chair")).total == 2


def test_readers_elsewhere_see_every_write_at_once(
    index: TantivyIndex, other: subprocess.Popen[str]
) -> None:
    assert ask(other, "page").split()[0] == "0"
    for n in range(1, 30):
        index.put([document(n, "Lamp")])
        assert ask(other, "page").split()[0] == str(n)
    assert ask(other, "put 99") == "refused"


def test_a_reader_elsewhere_follows_to_a_rebuilt_index(
    index: TantivyIndex, other: subprocess.Popen[str]
) -> None:
    index.put([document(n, "Lamp") for n in range(3)])
    assert ask(other, "page").split()[0] == "3"
    index.begin_rebuild()
    index.rebuild([document(n, "Lamp") for n in range(5)])
    assert ask(other, "page").split()[0] == "3"
    index.finish_rebuild()
    assert ask(other, "page").split()[0] == "5"


def test_a_cursor_goes_on_in_another_process_that_sees_the_same_state(
    index: TantivyIndex, other: subprocess.Popen[str]
) -> None:
    index.put([document(n, "Lamp") for n in range(5)])
    page = index.find(Query(term="lamp", size=2))
    total, ids, _ = ask(other, f"page {page.next_cursor}").split()
    assert (total, ids) == ("5", f"{item_id(2)},{item_id(3)}")


def test_what_was_put_is_there_after_a_kill(folder: Path, other: subprocess.Popen[str]) -> None:
    for n in range(20):
        assert ask(other, f"put {n}") == "done"
    kill(other)
    index = TantivyIndex(folder, currency="USD", clock=SettableClock())
    assert index.find(Query(term="lamp")).total == 20
    index.put([document(20, "Lamp")])
    assert index.find(Query(term="lamp")).total == 21
    index.close()


def test_a_rebuild_goes_on_after_a_kill(folder: Path, other: subprocess.Popen[str]) -> None:
    for line in ("put 1", "put 50", "begin", "rebuild 10"):
        assert ask(other, line) == "done"
    kill(other)
    index = TantivyIndex(folder, currency="USD", clock=SettableClock())
    # A write before the rebuild is taken up again must not miss the new index.
    index.put([document(3, "Late lamp", version=2)])
    assert index.begin_rebuild() == item_id(9)
    index.rebuild([document(n, f"New lamp {n}") for n in range(10, 20)])
    assert index.find(Query(term="lamp")).total == 3
    index.finish_rebuild()
    assert index.find(Query(term="lamp")).total == 20
    assert index.find(Query(term="late")).total == 1
    assert not index.needs_rebuild
    assert [p.name for p in folder.iterdir() if p.is_dir()] == [
        json.loads((folder / "current").read_text())["generation"]
    ]
    index.close()


def test_a_broken_index_is_begun_anew_and_says_so(folder: Path, index: TantivyIndex) -> None:
    index.put([document(1, "Lamp")])
    index.begin_rebuild()
    index.finish_rebuild()
    index.put([document(1, "Lamp")])
    assert not index.needs_rebuild
    index.close()
    for meta in folder.glob("*/meta.json"):
        meta.write_bytes(b"{ not an index")
    broken = TantivyIndex(folder, currency="USD", clock=SettableClock())
    assert broken.needs_rebuild
    broken.put([document(2, "Lamp")])
    assert broken.find(Query(term="lamp")).total == 1
    assert broken.needs_rebuild
    broken.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b'{"generation": "../..", "schema": 1}',
        b'{"generation": "000001", "schema": 0}',
    ],
)
def test_an_index_of_another_schema_is_not_used(
    folder: Path, index: TantivyIndex, content: bytes
) -> None:
    index.put([document(1, "Lamp")])
    index.close()
    (folder / "current").write_bytes(content)
    other = TantivyIndex(folder, currency="USD", clock=SettableClock())
    assert other.needs_rebuild
    assert other.find(Query()).total == 0
    other.put([document(2, "Lamp")])
    assert other.find(Query()).total == 1
    other.close()


def test_synonyms_are_read_again_when_they_change(tmp_path: Path) -> None:
    file = tmp_path / "synonyms.txt"
    index = TantivyIndex(tmp_path / "index", currency="USD", clock=SettableClock(), synonyms=file)
    index.put(
        [
            document(1, "Flat screen television"),
            document(2, "Telly box"),
            document(3, "Screen wipes"),
        ]
    )
    assert index.find(Query(term="tv")).total == 0
    file.write_text("tv => television, flat screen  # one way\ntelly, tv\n")
    assert {h.item_id for h in index.find(Query(term="tv")).hits} == {item_id(1), item_id(2)}
    assert {h.item_id for h in index.find(Query(term="television")).hits} == {item_id(1)}
    file.unlink()
    assert index.find(Query(term="tv")).total == 0
    index.close()


def test_states_for_cursors_are_bounded(folder: Path) -> None:
    clock = SettableClock()
    index = TantivyIndex(folder, currency="USD", clock=clock)
    index.put([document(n, "Lamp") for n in range(5)])
    query = Query(term="lamp", size=2)
    oldest = index.find(query).next_cursor
    for n in range(70):
        index.put([document(100 + n, "Lamp")])
        newest = index.find(query).next_cursor
    index.put([document(999, "Lamp")])
    with pytest.raises(CursorExpired):
        index.find(attrs.evolve(query, cursor=oldest))
    assert len(index.find(attrs.evolve(query, cursor=newest)).hits) == 2
    clock.at += timedelta(minutes=5)
    with pytest.raises(CursorExpired):
        index.find(attrs.evolve(query, cursor=newest))
    index.close()


def test_searches_go_on_while_items_are_written(index: TantivyIndex) -> None:
    index.put([document(n, f"Lamp {n}") for n in range(200)])
    over = threading.Event()

    def search() -> int:
        turns = 0
        while not over.is_set():
            assert index.find(Query(term="lamp", size=5)).total >= 200
            assert index.find(Query(term="lmap")).did_you_mean == "lamp"
            assert index.suggest("la", 5)
            turns += 1
        return turns

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(search) for _ in range(3)]
        try:
            _write_much(index)
        finally:
            over.set()
    assert all(reader.result() for reader in readers)


def _write_much(index: TantivyIndex) -> None:
    for n in range(60):
        index.put([document(n, "Lamp again", version=2 + n), document(1_000 + n, "Lamp")])
    index.begin_rebuild()
    index.rebuild([document(n, "Lamp") for n in range(200)])
    index.finish_rebuild()
