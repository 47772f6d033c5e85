"""Imports: row by row, resumed after anything, bad rows named, nothing doubled."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import count, takewhile
from typing import Any

import pytest

from commerce_core.catalog import ImportFormat, ImportNotFound, ImportStatus, ItemImport, RowError
from commerce_core.catalog.service.batch import MOST_ERRORS
from commerce_core.catalog.service.imports import CHUNK
from commerce_core.kernel.ids import ImportId, SellerId
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.catalog import MemoryImportQueue
from commerce_testkit.memory.shop import MemoryParts, MemoryShop, memory_shop
from tests.unit.people import usd

SELLER = SellerId("seller")
NDJSON = ImportFormat.NDJSON


def row(sku: str, **other: Any) -> dict[str, Any]:
    return {"sku": sku, "name": "Mug", "price": "1.00", "quantity": 3, **other}


def lines(*rows: Mapping[str, Any] | str) -> bytes:
    return "\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows).encode()


def take(
    shop: MemoryShop,
    data: bytes,
    form: ImportFormat = NDJSON,
    *,
    limit: int = 100,
    dry_run: bool = False,
) -> ItemImport:
    job = shop.imports.take(SELLER, form, [data], dry_run=dry_run)
    while shop.importer.run_once(limit):
        pass
    return shop.imports.details(SELLER, job.id)


def counts(job: ItemImport) -> tuple[int, int, int, int, int]:
    p = job.progress
    return p.rows, p.created, p.changed, p.unchanged, p.failed


def skus(shop: MemoryShop) -> list[tuple[str, str, int]]:
    return [(view.item.sku, view.item.name, view.stock) for view in shop.items.export(SELLER)]


def test_a_file_is_taken_the_second_time_nothing_changes_and_a_changed_row_is_changed(
    shop: MemoryShop,
) -> None:
    file = lines(row("A"), row("B"))
    assert counts(take(shop, file)) == (2, 2, 0, 0, 0)
    assert counts(take(shop, file)) == (2, 0, 0, 2, 0)
    job = take(shop, lines(row("A", name="Cup", quantity=99), row("B")))
    assert (counts(job), skus(shop)) == ((2, 0, 1, 1, 0), [("A", "Cup", 3), ("B", "Mug", 3)])
    assert job.status is ImportStatus.FINISHED


def test_30_bad_rows_are_named_by_line_and_field_and_the_good_ones_taken(shop: MemoryShop) -> None:
    job = take(
        shop,
        lines(
            row("A"), row("B", price="1.005", quantity=-1), {"sku": "C"}, "{", row("A"),
            row("D", nmae="x"), row("E", price={"amount": "1", "currency": "EUR"}),
            {"name": "n", "price": 1, "quantity": 1},
            row("F", variants=[{"variantId": "1", "price": 1}]), row("G"),
        ),
    )  # fmt: skip
    assert [(e.line, e.pointer) for e in job.errors] == [
        (2, "/price"), (2, "/quantity"), (3, "/name"), (3, "/price"), (3, "/quantity"), (4, ""),
        (5, "/sku"), (6, "/nmae"), (7, "/price"), (8, "/sku"), (9, "/price"), (9, "/quantity"),
    ]  # fmt: skip
    assert counts(job) == (10, 2, 0, 0, 8)
    assert [s[0] for s in skus(shop)] == ["A", "G"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_30_the_size_of_a_batch_changes_nothing(limit: int) -> None:
    data = lines(
        row("A"), row("B"), "bad", row("A", name="again"), row("C"), row("B"), row("D", price="x")
    )
    jobs, repositories = [], []
    for size in (limit, 100):
        shop = memory_shop()
        jobs.append(take(shop, data, limit=size))
        repositories.append(sorted(skus(shop)))
    assert (counts(jobs[0]), jobs[0].errors, repositories[0]) == (
        counts(jobs[1]),
        jobs[1].errors,
        repositories[1],
    )
    assert [e.detail for e in jobs[0].errors if e.pointer == "/sku"] == [
        "stands on line 1 already",
        "stands on line 2 already",
    ]


def test_rows_on_one_line_are_counted_one_by_one(shop: MemoryShop) -> None:
    file = json.dumps([row("A"), {"sku": "B"}, {"sku": "C"}, row("D")]).encode()
    assert counts(take(shop, file, ImportFormat.JSON)) == (4, 2, 0, 0, 2)


def test_a_price_of_another_currency_multiplies_nothing(shop: MemoryShop) -> None:
    take(
        shop,
        lines(
            row("A", price="12.50"),
            row("B", price=12.5),
            row("C", price={"amount": "12.50", "currency": "USD"}),
        ),
    )
    assert {view.item.price for view in shop.items.export(SELLER)} == {usd("12.50")}


def test_a_dry_run_tells_everything_and_writes_nothing(shop: MemoryShop) -> None:
    job = take(shop, lines(row("A"), "bad", row("B")), dry_run=True)
    assert (counts(job), skus(shop)) == ((3, 2, 0, 0, 1), [])


def test_no_more_errors_are_kept_than_are_reported_and_it_says_so(shop: MemoryShop) -> None:
    exactly = take(shop, lines(*["x"] * MOST_ERRORS))
    assert (len(exactly.errors), exactly.progress.errors_truncated) == (MOST_ERRORS, False)
    twice = take(
        shop, lines(*[{"sku": "A", "price": "x", "quantity": -1}] * (MOST_ERRORS // 2 + 1))
    )
    assert (len(twice.errors), twice.progress.errors_truncated, twice.progress.failed) == (
        MOST_ERRORS,
        True,
        MOST_ERRORS // 2 + 1,
    )


def test_an_item_cannot_become_one_of_another_type(shop: MemoryShop) -> None:
    take(shop, lines(row("A")))
    job = take(
        shop,
        lines({"sku": "A", "name": "n", "variants": [{"variantId": "1", "price": 1}]}, row("B")),
    )
    assert (counts(job), [e.pointer for e in job.errors]) == ((2, 1, 0, 0, 1), ["/variants"])


TWO_FORMS: dict[str, Any] = {
    "sku": "A",
    "name": "n",
    "variants": [{"variantId": "1", "price": 1, "stock": 5}, {"variantId": "2", "price": 1}],
}


def test_a_form_in_stock_is_not_deleted_and_the_others_of_its_batch_are_written(
    shop: MemoryShop,
) -> None:
    take(shop, lines(TWO_FORMS, row("B"), {**TWO_FORMS, "sku": "C"}))
    delete_1, delete_2 = ([{"variantId": name, "deleted": True}] for name in "12")
    job = take(
        shop,
        lines(
            {"sku": "A", "variants": delete_1},
            row("B", name="Cup"),
            {"sku": "C", "variants": delete_2},
        ),
    )
    assert (counts(job), [(e.line, e.pointer) for e in job.errors]) == (
        (3, 0, 2, 0, 1),
        [(1, "/variants/0/deleted")],
    )
    assert [[v.variant_id for v in view.item.variants] for view in shop.items.export(SELLER)] == [
        ["1", "2"],
        [None],
        ["1"],
    ]


def test_a_form_that_is_deleted_already_may_be_deleted_again_and_the_last_one_stays(
    shop: MemoryShop,
) -> None:
    take(
        shop,
        lines(
            {
                **TWO_FORMS,
                "variants": [{"variantId": "1", "price": 1}, {"variantId": "2", "price": 1}],
            }
        ),
    )
    delete_2 = lines({"sku": "A", "variants": [{"variantId": "2", "deleted": True}]})
    assert [counts(take(shop, delete_2)) for _ in range(2)] == [(1, 0, 1, 0, 0), (1, 0, 0, 1, 0)]
    job = take(shop, lines({"sku": "A", "variants": [{"variantId": "1", "deleted": True}]}))
    assert [(e.pointer, e.detail) for e in job.errors] == [("/variants", "must not all be deleted")]


def test_an_import_dies_anywhere_and_loses_and_doubles_nothing() -> None:
    shop = memory_shop(MemoryParts(imports=(queue := DyingQueue())))
    job = shop.imports.take(SELLER, NDJSON, [lines(*(row(f"{n}") for n in range(7)))])
    deaths = 0
    while shop.imports.details(SELLER, job.id).status is not ImportStatus.FINISHED:
        queue.dies = not queue.dies
        try:
            shop.importer.run_once(2)
        except Died:
            deaths += 1
        shop.clock.advance(timedelta(seconds=31))
    assert deaths > 2
    assert (counts(shop.imports.details(SELLER, job.id)), len(skus(shop))) == ((7, 7, 0, 0, 0), 7)


class Died(BaseException):
    """A process that is gone."""


class DyingQueue(MemoryImportQueue):
    """Lets its caller die just before what it did is kept."""

    dies = False

    def save(self, tx: Transaction, job: ItemImport, lease_until: Any) -> bool:
        if self.dies and job.status is ImportStatus.RUNNING:
            raise Died
        return super().save(tx, job, lease_until)


def test_an_importer_that_was_overtaken_writes_nothing(shop: MemoryShop) -> None:
    """It freezes while reading; its lease runs out; another one takes the rows; it wakes up and
    writes.
    """
    job = shop.imports.take(SELLER, NDJSON, [lines(row("A"), row("B"))])
    truth = shop.parts.imports.chunk
    frozen: list[bool] = []

    def freeze(tx: Transaction, import_id: ImportId, no: int) -> bytes | None:
        if not frozen:
            frozen.append(True)
            shop.clock.advance(timedelta(seconds=31))
            shop.importer.run_once(10)
        return truth(tx, import_id, no)

    found = truth
    shop.parts.imports.chunk = freeze  # type: ignore[method-assign]
    shop.importer.run_once(10)
    shop.parts.imports.chunk = found  # type: ignore[method-assign]
    assert counts(shop.imports.details(SELLER, job.id)) == (2, 2, 0, 0, 0)
    assert [s[0] for s in skus(shop)] == ["A", "B"]


def test_an_import_that_is_still_being_received_is_not_begun(shop: MemoryShop) -> None:
    upload = shop.imports.begin(SELLER, NDJSON)
    upload.add(lines(row("A")) + b" " * CHUNK)
    upload.store()
    assert shop.importer.run_once(10) == 0
    upload.finish()
    assert shop.importer.run_once(10) == 2


def test_what_stopped_coming_in_is_forgotten_after_a_day(shop: MemoryShop) -> None:
    job = shop.imports.begin(SELLER, NDJSON).job
    shop.clock.advance(timedelta(days=1, seconds=1))
    shop.imports.begin(SELLER, NDJSON)
    assert shop.imports.find(job.id) is None


def test_somebody_elses_import_does_not_exist(shop: MemoryShop) -> None:
    job = take(shop, lines(row("A")))
    for seller_id, import_id in (
        (SellerId("other"), job.id),
        (SELLER, "nothing"),
        (SELLER, "019b7000-0000-7000-8000-ffffffffffff"),
    ):
        with pytest.raises(ImportNotFound):
            shop.imports.details(seller_id, import_id)


def test_37_a_row_that_no_database_can_keep_is_refused_alone(shop: MemoryShop) -> None:
    job = take(
        shop,
        lines(
            row("A"),
            '{"sku": "B\\u0000", "name": "n", "price": 1, "quantity": 1}',
            row("C", name="\ud800"),
            row("D"),
        ),
    )
    assert [(e.line, e.pointer) for e in job.errors] == [(2, "/sku"), (3, "/name")]
    assert [s[0] for s in skus(shop)] == ["A", "D"]


def test_an_error_is_a_line_a_pointer_and_a_reason(shop: MemoryShop) -> None:
    assert take(shop, lines("[]")).errors == (
        RowError(line=1, pointer="", detail="is no JSON object"),
    )


@pytest.mark.parametrize(
    "sizes", [[], [1], [CHUNK], [CHUNK + 1], [10] * 5, [CHUNK - 1, 2, CHUNK * 2]]
)
def test_chunks_have_one_size_whatever_came_in(shop: MemoryShop, sizes: Sequence[int]) -> None:
    pieces = [bytes([n]) * size for n, size in enumerate(sizes)]
    job = shop.imports.take(SELLER, NDJSON, pieces)
    with shop.parts.database.snapshot() as tx:
        stored = (shop.parts.imports.chunk(tx, job.id, no) for no in count())
        cut = list(takewhile(bool, stored))
    assert b"".join(cut) == b"".join(pieces)
    assert all(len(c) == CHUNK for c in cut[:-1])
    assert all(0 < len(c) <= CHUNK for c in cut)


def test_a_file_longer_than_a_chunk_is_taken_whole(shop: MemoryShop) -> None:
    file = lines(*(row(f"{n}", description="x" * 900) for n in range(700)))
    assert len(file) > 2 * CHUNK
    assert counts(take(shop, file, limit=97)) == (700, 700, 0, 0, 0)
