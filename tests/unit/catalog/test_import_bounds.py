"""Imports that are costly, deadly, or many: each has its bound, and other sellers do not notice."""

import contextlib
import json
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest

from commerce_core.catalog import (
    ImportFormat,
    ImportLimits,
    ImportStatus,
    ItemImport,
    Progress,
    TooManyImports,
)
from commerce_core.catalog.service.files import read_rows
from commerce_core.catalog.service.imports import CHUNK, Imports
from commerce_core.catalog.service.rows import MOST_NODES
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import ImportId, SellerId
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.catalog import MemoryImportQueue
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop

ANN, BOB = SellerId("ann"), SellerId("bob")
NDJSON = ImportFormat.NDJSON


def rows(count: int, prefix: str = "S") -> bytes:
    made = [
        json.dumps({"sku": f"{prefix}{n}", "name": "Thing", "price": 1, "quantity": 1})
        for n in range(count)
    ]
    return "\n".join(made).encode()


def finish(shop: MemoryShop, limit: int = 100) -> None:
    while shop.importer.run_once(limit):
        pass


def skus(shop: MemoryShop, seller: SellerId = ANN) -> list[str]:
    return [view.item.sku for view in shop.items.export(seller)]


# --- items that grow


def _names(k: int, count: int, size: int) -> dict[str, str]:
    return {f"n{k}-{n}": "x" * size for n in range(count)}


GROWING: list[tuple[str, Any]] = [
    ("/attributes", lambda k: {"attributes": _names(k, 300, 10)}),
    ("/specifications", lambda k: {"specifications": _names(k, 300, 10)}),
    ("", lambda k: {"attributes": {f"all{k}": _names(k, 300, 1_500)}}),
    ("", lambda k: {"attributes": {f"all{k}": [1] * 5_000}}),
    (
        "",
        lambda k: {
            "variants": [{"variantId": f"{k}", "price": 1, "options": _names(k, 300, 1_500)}]
        },
    ),
]


@pytest.mark.parametrize("one_file", [True, False], ids=["in one file", "file by file"])
@pytest.mark.parametrize(("pointer", "more"), GROWING, ids=range(len(GROWING)))
def test_rows_that_add_to_an_item_make_none_that_is_larger_than_one_may_be(
    pointer: str, more: Any, one_file: bool
) -> None:
    shop = memory_shop()
    form = (
        {"variants": [{"variantId": "-", "price": 1}]}
        if "variants" in more(0)
        else {"price": 1, "quantity": 1}
    )
    first = {"name": "Thing", **form}
    said = [json.dumps({"sku": "A", **each}).encode() for each in (first, *map(more, range(4)))]
    problems: list[str] = []
    for data in [b"\n".join(said)] if one_file else said:
        job = shop.imports.take(ANN, NDJSON, [data])
        finish(shop)
        problems += [error.pointer for error in shop.imports.details(ANN, job.id).errors]
    assert set(problems) == {pointer}
    assert len(problems) == 1 or not one_file
    kept = [
        json.dumps([dict(v.item.attributes), [dict(f.options) for f in v.item.variants]])
        for v in shop.items.export(ANN)
    ]
    assert all(len(text) < 1 << 20 for text in kept)


# --- costly rows


@pytest.mark.parametrize(
    "costly",
    [
        "[" + "[]," * (MOST_NODES + 1) + "[]]",
        '{"a":' + "[0," * 9 + "0" + "]" * 9 + ',"b":[' + "{},{}," * MOST_NODES + "1]}",
    ],
)
def test_a_row_of_too_many_values_is_refused_by_name_and_the_next_one_taken(
    shop: MemoryShop, costly: str
) -> None:
    row = f'{{"sku": "A", "name": "n", "price": 1, "quantity": 1, "attributes": {{"x": {costly}}}}}'
    job = shop.imports.take(ANN, NDJSON, [row.encode() + b"\n" + rows(1)])
    finish(shop)
    done = shop.imports.details(ANN, job.id)
    assert ([(e.line, e.detail) for e in done.errors], skus(shop)) == (
        [(1, f"holds more than {MOST_NODES} values")],
        ["S0"],
    )


def test_30_rows_of_nested_empty_lists_take_little_memory_however_many() -> None:
    row = b'{"sku": "A", "attributes": {"x": [' + b"[]," * 340_000 + b"[]]}}\n"
    count, chunk = 8, 1 << 18

    def fetch(offset: int) -> bytes:
        at = offset % len(row)
        left = count * len(row) - offset
        return (row[at:] + row)[: min(chunk, max(left, 0))]

    tracemalloc.start()
    try:
        found = [r.reason for r in read_rows(NDJSON, Progress(), fetch)]
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()
    assert found == [f"holds more than {MOST_NODES} values"] * count


def test_one_row_adds_no_more_than_a_hundred_errors(shop: MemoryShop) -> None:
    row = {"sku": "A", **{f"unknown{n}": 1 for n in range(500)}}
    job = shop.imports.take(ANN, NDJSON, [json.dumps(row).encode()])
    finish(shop)
    assert len(shop.imports.details(ANN, job.id).errors) == 100


def test_a_table_of_too_many_columns_is_refused(shop: MemoryShop) -> None:
    header = ",".join(["sku", *(f"attributes.a{n}" for n in range(1_000))])
    job = shop.imports.take(ANN, ImportFormat.CSV, [f"{header}\n".encode()])
    finish(shop)
    assert "more than 1000 columns" in shop.imports.details(ANN, job.id).errors[0].detail


def test_blanks_without_end_are_refused_while_they_come_in(shop: MemoryShop) -> None:
    with pytest.raises(Invalid):
        shop.imports.take(ANN, NDJSON, [b" " * CHUNK * 3])
    assert shop.parts.database.tables["import_chunk"] == {}


def test_a_batch_ends_behind_a_megabyte(shop: MemoryShop) -> None:
    wide = [
        json.dumps(
            {"sku": f"S{n}", "name": "n", "price": 1, "quantity": 1, "description": "x" * 15_000}
        )
        for n in range(200)
    ]
    shop.imports.take(ANN, NDJSON, ["\n".join(wide).encode()])
    assert shop.importer.run_once(1_000) < 80
    finish(shop)
    assert len(skus(shop)) == 200


# --- deadly rows


class Died(BaseException):
    """A process that is gone."""


class DeadlyQueue(MemoryImportQueue):
    """Its importer dies whenever a row has a certain SKU."""

    def note_skus(self, tx: Transaction, import_id: ImportId, sums: Any) -> None:
        if "S3" in sums:
            raise Died
        super().note_skus(tx, import_id, sums)


def test_an_import_that_kills_its_importer_fails_after_five_claims_and_says_where() -> None:
    shop = memory_shop(MemoryParts(imports=DeadlyQueue()))
    deadly = shop.imports.take(ANN, NDJSON, [rows(1_500)])
    later = shop.imports.take(ANN, NDJSON, [rows(1, "L")])
    deaths = 0
    for _ in range(30):
        try:
            shop.importer.run_once(1)
        except Died:
            deaths += 1
        shop.clock.advance(timedelta(seconds=31))
    done = shop.imports.details(ANN, deadly.id)
    assert (deaths, done.status, done.errors[-1].line) == (5, ImportStatus.FAILED, 1)
    assert "attempts" in done.errors[-1].detail
    assert shop.imports.details(ANN, later.id).status is ImportStatus.FINISHED


class DeadlyBatch(MemoryImportQueue):
    """Its importer dies when it keeps a batch that goes past a line."""

    def save(self, tx: Transaction, job: ItemImport, lease_until: Any) -> bool:
        if (
            job.status is ImportStatus.RUNNING
            and job.progress.phase != "gathering"
            and job.progress.line > 5
        ):
            raise Died
        return super().save(tx, job, lease_until)


def test_rows_before_a_deadly_one_are_taken_one_by_one() -> None:
    shop = memory_shop(MemoryParts(imports=DeadlyBatch()))
    job = shop.imports.take(ANN, NDJSON, [rows(20)])
    for _ in range(40):
        with contextlib.suppress(Died):
            shop.importer.run_once(3)
        shop.clock.advance(timedelta(seconds=31))
    done = shop.imports.details(ANN, job.id)
    assert (done.status, done.errors[-1].line, skus(shop)) == (
        ImportStatus.FAILED,
        5,
        ["S0", "S1", "S2", "S3"],
    )


def test_a_lease_is_renewed_while_a_long_batch_is_read() -> None:
    queue = MemoryImportQueue()
    shop = memory_shop(MemoryParts(imports=queue))
    job = shop.imports.take(
        ANN, NDJSON, [b"\n".join([rows(1), b" " * 100 + b"\n" * (CHUNK - 200)] * 5)]
    )
    truth, others = queue.chunk, []

    def slow(tx: Transaction, import_id: ImportId, no: int) -> bytes | None:
        shop.clock.advance(timedelta(seconds=20))
        if no:
            others.append(
                queue.claim(tx, shop.clock.now(), shop.clock.now() + timedelta(seconds=30))
            )
        return truth(tx, import_id, no)

    queue.chunk = slow  # type: ignore[method-assign]
    shop.importer.run_once(100)
    assert shop.clock.now() - job.created_at > timedelta(seconds=60)
    assert (others, shop.imports.details(ANN, job.id).status) == (
        [None] * len(others),
        ImportStatus.FINISHED,
    )
    assert others


# --- others


def test_a_long_import_does_not_keep_another_seller_waiting(shop: MemoryShop) -> None:
    long = shop.imports.take(ANN, NDJSON, [rows(4_000)])
    for _ in range(3):
        shop.importer.run_once(100)
    single = shop.imports.take(BOB, NDJSON, [rows(1)])
    for _ in range(2):
        shop.importer.run_once(100)
    assert shop.imports.details(BOB, single.id).status is ImportStatus.FINISHED
    assert shop.imports.details(ANN, long.id).status is ImportStatus.RUNNING


def test_the_files_of_one_seller_are_taken_in_the_order_in_which_they_came(
    shop: MemoryShop,
) -> None:
    first = shop.imports.take(ANN, NDJSON, [rows(300)])
    shop.clock.advance(timedelta(seconds=1))
    second = shop.imports.take(ANN, NDJSON, [b'{"sku": "S299", "price": "2.00"}'])
    while shop.imports.details(ANN, second.id).status is ImportStatus.RUNNING:
        shop.importer.run_once(10)
    assert shop.imports.details(ANN, first.id).status is ImportStatus.FINISHED
    assert [view.item.price.amount for view in shop.items.export(ANN)][-1] == "2.00"


def test_a_cancelled_import_takes_no_further_row_and_keeps_what_is_taken(shop: MemoryShop) -> None:
    job = shop.imports.take(ANN, NDJSON, [rows(2_000)])
    while not skus(shop):
        shop.importer.run_once(100)
    taken = len(skus(shop))
    shop.imports.cancel(ANN, job.id)
    shop.imports.cancel(ANN, job.id)
    finish(shop)
    done = shop.imports.details(ANN, job.id)
    assert (done.status, done.progress.created, len(skus(shop))) == (
        ImportStatus.CANCELLED,
        taken,
        taken,
    )
    assert not any(
        shop.parts.database.tables[name] for name in ("import_chunk", "import_sum", "import_aside")
    )


def test_an_import_that_is_cancelled_while_a_batch_is_read_writes_nothing_of_it() -> None:
    queue = MemoryImportQueue()
    shop = memory_shop(MemoryParts(imports=queue))
    job = shop.imports.take(ANN, NDJSON, [rows(5)])
    truth = queue.chunk

    def cancelling(tx: Transaction, import_id: ImportId, no: int) -> bytes | None:
        shop.imports.cancel(ANN, job.id)
        return truth(tx, import_id, no) or b""

    data = rows(5)
    queue.chunk = (  # type: ignore[method-assign]
        lambda tx, i, no: cancelling(tx, i, no) or (data if no == 0 else None)
    )
    shop.importer.run_once(100)
    assert (skus(shop), shop.imports.details(ANN, job.id).status) == ([], ImportStatus.CANCELLED)


def limited(shop: MemoryShop, **limits: int) -> Imports:
    parts = shop.parts
    return Imports(parts.database, parts.imports, parts.clock, parts.ids, ImportLimits(**limits))


def test_a_seller_has_so_many_open_imports_and_others_theirs(shop: MemoryShop) -> None:
    imports = limited(shop, open_imports=2)
    jobs = [imports.take(ANN, NDJSON, [rows(1)]) for _ in range(2)]
    with pytest.raises(TooManyImports):
        imports.begin(ANN, NDJSON)
    imports.begin(BOB, NDJSON)
    imports.cancel(ANN, jobs[0].id)
    imports.begin(ANN, NDJSON)


def test_a_seller_has_so_many_bytes_kept_and_what_is_over_counts_no_more(shop: MemoryShop) -> None:
    imports = limited(shop, stored_bytes=3 * CHUNK)
    imports.take(ANN, NDJSON, [b"x" * 2 * CHUNK])
    with pytest.raises(TooManyImports):
        imports.take(ANN, NDJSON, [b"x" * 2 * CHUNK])
    with shop.parts.database.snapshot() as tx:
        assert len(shop.parts.imports.open_imports(tx, ANN)) == 1
    finish(shop)
    imports.take(ANN, NDJSON, [b"x" * 3 * CHUNK])
