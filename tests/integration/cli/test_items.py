"""Files of items in and out."""

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from commerce_core.search import Query
from commerce_worker.main import working
from tests.integration.cli.conftest import SELLER, Cli, Shop

LAMP = {"sku": "LAMP", "name": "Lamp", "price": "19.90", "quantity": 5}
SHIRT = {
    "sku": "SHIRT",
    "name": "Shirt",
    "variants": [{"variantId": "S", "options": {"size": "S"}, "price": 9, "stock": 2}],
}


class Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False


def ndjson(path: Path, *rows: object) -> str:
    path.write_text(
        "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    )
    return str(path)


def test_what_is_imported_can_be_found_when_the_command_ends(
    folder: Path, shop: Shop, commerce: Cli
) -> None:
    ran = commerce("import", ndjson(folder / "items.ndjson", LAMP, SHIRT), "--seller", SELLER)
    assert ran.code == 0
    assert ran.out == "2 rows: 2 created, 0 changed, 0 unchanged, 0 not taken.\n"
    assert [hit.sku for hit in shop.searches.find(Query(term="lamp")).hits] == ["LAMP"]


def test_the_same_file_again_changes_nothing(folder: Path, shop: Shop, commerce: Cli) -> None:
    file = ndjson(folder / "items.ndjson", LAMP, SHIRT)
    commerce("import", file, "--seller", SELLER)
    ran = commerce("import", file, "--seller", SELLER, "--json")
    assert (ran.code, ran.data["unchanged"], ran.data["created"], ran.data["changed"]) == (
        0,
        2,
        0,
        0,
    )


def test_rows_that_cannot_be_taken_are_named_and_the_others_kept(
    folder: Path, shop: Shop, commerce: Cli
) -> None:
    file = ndjson(folder / "items.ndjson", LAMP, {**SHIRT, "variants": 3}, "{broken", LAMP)
    ran = commerce("import", file, "--seller", SELLER)
    assert ran.code == 1
    *errors, sums = ran.out.splitlines()
    assert [line.split()[:2] for line in errors] == [["line", "2"], ["line", "3:"], ["line", "4"]]
    assert "/variants" in errors[0]
    assert sums == "4 rows: 1 created, 0 changed, 0 unchanged, 3 not taken."


def test_programs_get_the_same_as_one_document(folder: Path, shop: Shop, commerce: Cli) -> None:
    ran = commerce(
        "import", ndjson(folder / "items.ndjson", LAMP, {"sku": "X"}), "--seller", SELLER, "--json"
    )
    assert ran.code == 1
    assert (ran.data["rows"], ran.data["created"], ran.data["failed"], ran.data["status"]) == (
        2,
        1,
        1,
        "finished",
    )
    assert {error["line"] for error in ran.data["errors"]} == {2}


def test_a_dry_run_writes_nothing(folder: Path, shop: Shop, commerce: Cli) -> None:
    ran = commerce("import", ndjson(folder / "items.ndjson", LAMP), "--seller", SELLER, "--dry-run")
    assert (ran.code, ran.out) == (
        0,
        "1 rows: 1 would be created, 0 would be changed, 0 unchanged, 0 not taken.\n",
    )
    assert commerce("export", "-", "--format", "ndjson", "--seller", SELLER).out == ""


def test_standard_input_is_a_file_as_well(
    shop: Shop, commerce: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=Pipe(json.dumps([LAMP]).encode())))
    ran = commerce("import", "--seller", SELLER, "-", "--format", "json", "--json")
    assert (ran.code, ran.data["created"]) == (0, 1)


def test_a_table_with_tabs_is_taken_by_its_suffix_and_not_written(
    folder: Path, shop: Shop, commerce: Cli
) -> None:
    (folder / "items.tsv").write_text("SKU\tName\tPrice\tQuantity\nA\tLamp, red\t1,50\t2\n")
    ran = commerce("import", "items.tsv", "--seller", SELLER, "--json")
    assert (ran.code, ran.data["created"]) == (0, 1)
    assert commerce("export", "items.tsv", "--seller", SELLER).code == 2


@pytest.mark.parametrize("suffix", ["ndjson", "json", "csv"])
def test_an_export_is_what_an_import_takes_back_unchanged(
    suffix: str, folder: Path, shop: Shop, commerce: Cli
) -> None:
    commerce("import", ndjson(folder / "items.ndjson", LAMP, SHIRT), "--seller", SELLER)
    ran = commerce("export", f"out.{suffix}", "--seller", SELLER)
    assert (ran.code, ran.out) == (0, f"2 items are in out.{suffix}.\n")
    again = commerce("import", f"out.{suffix}", "--seller", SELLER, "--json")
    assert (again.code, again.data["unchanged"], again.data["rows"]) == (0, 2, 2)
    assert sorted(path.name for path in folder.iterdir()) == [
        "items.ndjson",
        f"out.{suffix}",
        "var",
    ]


def test_beside_a_process_that_writes_the_index_the_command_leaves_the_work_to_it(
    folder: Path, shop: Shop, commerce: Cli
) -> None:
    assert shop.index.claim_writing()
    with working(shop):
        ran = commerce(
            "import", ndjson(folder / "items.ndjson", LAMP), "--seller", SELLER, "--json"
        )
        again = commerce("reindex", "--json")
    assert (ran.code, ran.data["created"]) == (0, 1)
    assert (again.code, again.data["status"], again.data["indexed"]) == (0, "finished", 1)
    assert [hit.sku for hit in shop.searches.find(Query(term="lamp")).hits] == ["LAMP"]
