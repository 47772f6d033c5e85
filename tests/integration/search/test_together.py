"""Many processes write, rebuild and search one index on OpenSearch."""

import random
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Final

import attrs
import pytest

from commerce_core.kernel.paging import CursorExpired
from commerce_core.search import Query
from commerce_opensearch import OpenSearchIndex
from commerce_opensearch.address import Address
from commerce_opensearch.connection import Connection
from commerce_opensearch.states import PINS
from commerce_testkit.contracts.search_documents import document, item_id
from commerce_testkit.memory.clock import SettableClock

Open = Callable[[], OpenSearchIndex]

#: Another process: rebuilds the index with lamps from number 0 on, five at a time, and tells how
#: far it is.
_REBUILDER: Final = """
import sys
from commerce_opensearch import OpenSearchIndex
from commerce_opensearch.address import Address
from commerce_testkit.contracts.search_documents import document
from commerce_testkit.memory.clock import SettableClock

index = OpenSearchIndex(Address.parse(sys.argv[1]), currency="USD", clock=SettableClock())
assert index.begin_rebuild() is None
for at in range(0, 1_000_000, 5):
    index.rebuild([document(n, "Rebuilt lamp") for n in range(at, at + 5)])
    print(at + 5, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def engine(address: str) -> Connection:
    """The cluster itself."""
    return Connection(Address.parse(address))


def indexes(engine: Connection, address: str) -> list[str]:
    """What is kept in the cluster for this test."""
    return sorted(engine.request("GET", f"/{Address.parse(address).prefix}-*/_alias"))


def test_of_many_writers_at_once_the_newest_version_of_each_item_stays(
    open_index: Open, engine: Connection, address: str
) -> None:
    everything = [document(n, f"Lamp {v}", version=v) for n in range(20) for v in range(1, 6)]

    def write(seed: int) -> None:
        index, mine = open_index(), list(everything)
        random.Random(seed).shuffle(mine)
        for at in range(0, len(mine), 10):
            index.put(mine[at : at + 10])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    index = open_index()
    assert index.versions([item_id(n) for n in range(20)]) == {item_id(n): 5 for n in range(20)}
    assert {h.name for h in index.find(Query(term="lamp", size=50)).hits} == {"Lamp 5"}
    assert len(indexes(engine, address)) == 1  # begun by four at once, and yet one


def test_a_write_elsewhere_is_seen_as_soon_as_its_version_is(open_index: Open) -> None:
    here, there = open_index(), open_index()
    for n in range(1, 10):
        assert here.find(Query(term="lamp")).total == n - 1
        there.put([document(n, "Lamp")])
        assert here.versions([item_id(n)]) == {item_id(n): 1}
        assert here.find(Query(term="lamp")).total == n


def test_a_cursor_goes_on_in_another_process(open_index: Open) -> None:
    here, there = open_index(), open_index()
    here.put([document(n, "Lamp") for n in range(5)])
    page = here.find(Query(term="lamp", size=2))
    here.put([document(9, "Lamp lamp")])
    assert [
        h.item_id for h in there.find(Query(term="lamp", size=2, cursor=page.next_cursor)).hits
    ] == [item_id(2), item_id(3)]


def test_states_that_cursors_name_are_bounded(index: OpenSearchIndex) -> None:
    index.put([document(n, "Lamp") for n in range(5)])
    query = Query(term="lamp", size=2)
    first = index.find(query).next_cursor
    assert len(index.find(attrs.evolve(query, cursor=first)).hits) == 2
    for n in range(PINS):
        index.put([document(100 + n, "Desk")])
        assert index.find(query).next_cursor is not None
    with pytest.raises(CursorExpired):
        index.find(attrs.evolve(query, cursor=first))


def test_many_first_pages_of_an_index_at_rest_keep_one_state(
    index: OpenSearchIndex, engine: Connection, clock: SettableClock
) -> None:
    index.put([document(n, f"Lamp {n}") for n in range(5)])
    before = kept(engine, index)
    for n in range(30):
        assert index.find(Query(term=f"lamp {n}", size=2)).next_cursor is not None
        clock.at += timedelta(seconds=1)
    assert kept(engine, index) == before + 1


def kept(engine: Connection, index: OpenSearchIndex) -> int:
    """How many states of *index* the cluster keeps: other tests search there, too."""
    stats = engine.request("GET", f"/{index._alias}/_stats/search")["_all"]["total"]["search"]
    return int(stats["point_in_time_current"])


def test_a_rebuild_under_writes_is_killed_and_goes_on_and_loses_nothing(
    open_index: Open, address: str
) -> None:
    index, written = open_index(), threading.Event()
    index.put([document(n, "Old lamp") for n in range(30)])
    other = subprocess.Popen(
        [sys.executable, "-c", _REBUILDER, address],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def write() -> int:
        writer, version = open_index(), 1
        while not written.is_set():
            version += 1
            writer.put([document(n, "Written lamp", version=version) for n in (2, 12, 22, 99)])
        return version

    with ThreadPoolExecutor(1) as pool:
        latest = pool.submit(write)
        try:
            assert other.stdin is not None
            assert other.stdout is not None
            assert other.stdout.readline() == "5\n"
            other.stdin.write("\n")
            other.stdin.flush()
            assert other.stdout.readline() == "10\n"
        finally:
            other.kill()
            other.wait()
            for pipe in (other.stdin, other.stdout):
                if pipe is not None:
                    pipe.close()
        assert index.find(Query(term="rebuilt")).total == 0
        assert index.begin_rebuild() == item_id(9)
        index.rebuild([document(n, "Rebuilt lamp") for n in range(10, 30)])
        index.finish_rebuild()
        assert index.find(Query(term="lamp")).total == 31
        written.set()
        version = latest.result()
    known = index.versions([item_id(n) for n in range(100)])
    assert known == {item_id(n): version if n in (2, 12, 22, 99) else 1 for n in (*range(30), 99)}
    assert index.find(Query(term="old")).total == 0
    assert not index.needs_rebuild


def test_only_what_a_process_filled_itself_is_switched_to(
    open_index: Open, engine: Connection, address: str
) -> None:
    slow, quick = open_index(), open_index()
    slow.put([document(1, "Lamp")])
    slow.begin_rebuild()
    quick.begin_rebuild()
    quick.rebuild([document(1, "Lamp")])
    quick.finish_rebuild()
    quick.begin_rebuild()  # the next one, still empty
    slow.finish_rebuild()
    assert slow.find(Query(term="lamp")).total == 1
    assert len(indexes(engine, address)) == 2


def test_searches_elsewhere_follow_to_a_rebuilt_index(
    open_index: Open, engine: Connection, address: str
) -> None:
    here, there = open_index(), open_index()
    here.put([document(n, "Lamp") for n in range(3)])
    assert here.needs_rebuild
    cursor = there.find(Query(term="lamp", size=1)).next_cursor
    here.begin_rebuild()
    here.rebuild([document(n, "Lamp") for n in range(5)])
    assert there.find(Query(term="lamp")).total == 3
    here.finish_rebuild()
    assert there.find(Query(term="lamp")).total == 5
    assert not there.needs_rebuild
    assert len(indexes(engine, address)) == 1
    with pytest.raises(CursorExpired):
        there.find(Query(term="lamp", size=1, cursor=cursor))


def test_sellers_attributes_do_not_swell_the_mapping(
    index: OpenSearchIndex, engine: Connection, address: str
) -> None:
    index.put([document(0, "Lamp")])
    prefix = Address.parse(address).prefix
    before = engine.request("GET", f"/{prefix}-*/_mapping")
    index.put(
        [
            document(n, "Lamp", attributes={f"Attribute {n}-{i}": ("x",) for i in range(20)})
            for n in range(50)
        ]
    )
    assert engine.request("GET", f"/{prefix}-*/_mapping") == before
    assert index.find(Query(attributes={"attribute 3-4": ("X",)})).total == 1


def test_a_term_of_very_many_words_is_searched_for(index: OpenSearchIndex, tmp_path: Path) -> None:
    (tmp_path / "synonyms.txt").write_text(
        "\n".join(f"wx{n}, aa{n} bb cc dd, ee{n} ff, gg{n}, hh{n}" for n in range(50))
    )
    index.put([document(1, "wx1 wx2 smartwatch"), document(2, "Table"), document(3, "gg499")])
    found = [
        [hit.item_id for hit in index.find(Query(term=term)).hits]
        for term in (
            " ".join(f"wx{n}" for n in range(500)),
            "-".join(f"wx{n}s" for n in range(500)),
            " ".join("ab" * n for n in range(1, 25)),
        )
    ]
    assert found == [[item_id(1)], [], []]  # a code has no plural


def test_synonyms_are_read_again_without_a_restart(index: OpenSearchIndex, tmp_path: Path) -> None:
    index.put([document(1, "Lamp"), document(2, "Table")])
    query = Query(term="luminaire", size=1)
    assert index.find(query).total == 0
    (tmp_path / "synonyms.txt").write_text("luminaire => lamp, table\n")
    page = index.find(query)
    assert page.total == 2
    (tmp_path / "synonyms.txt").write_text("luminaire => table\n")
    with pytest.raises(CursorExpired):  # the list it goes on in was made with other words
        index.find(attrs.evolve(query, cursor=page.next_cursor))


def test_a_first_index_that_is_begun_late_takes_nothing_from_the_one_built_meanwhile(
    open_index: Open, engine: Connection, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two begin the first index; one of them is so slow that the other has built and switched to
    the next one before.
    """
    slow, quick = open_index(), open_index()
    sent = slow._generations._connection.request
    stalled: list[bool] = []

    def late(method: str, path: str, *rest: object, **named: object) -> object:
        if method == "PUT" and path.endswith("-000001") and not stalled:
            stalled.append(True)
            quick.put([document(1, "Lamp")])
            quick.begin_rebuild()
            quick.rebuild([document(1, "Lamp")])
            quick.finish_rebuild()
        return sent(method, path, *rest, **named)

    monkeypatch.setattr(slow._generations._connection, "request", late)
    slow.put([document(2, "Lamp")])
    assert stalled
    there = open_index()
    assert there.versions([item_id(1), item_id(2)]) == {item_id(1): 1, item_id(2): 1}
    assert there.find(Query(term="lamp")).total == 2
    assert len(indexes(engine, address)) == 1
    assert not there.needs_rebuild
