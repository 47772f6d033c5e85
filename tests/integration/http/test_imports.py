"""Imports over HTTP."""

import json
import socket
from typing import Any

import pytest

from commerce_core.catalog.service.imports import Imports, Upload
from tests.integration.http.people import Person, Town, problem, until


def send(
    seller: Person, content: bytes, media: str = "application/x-ndjson", query: str = ""
) -> dict:
    begun = seller(
        "POST", f"/item-imports{query}", content=content, headers={"Content-Type": media}
    )
    assert begun.status_code == 202, begun.text
    assert begun.json() == {"importId": begun.json()["importId"], "status": "running"}
    assert begun.headers["location"] == f"/item-imports/{begun.json()['importId']}"
    assert begun.headers["x-search-token"]
    return until(lambda: finished(seller, begun.headers["location"]))


def finished(seller: Person, path: str) -> dict | None:
    found = seller("GET", path).json()
    return found if found["status"] == "finished" else None


def rows(*skus: str, **fields: object) -> bytes:
    return "\n".join(
        json.dumps({"sku": sku, "name": f"Row {sku}", "price": "1.00", "quantity": 2, **fields})
        for sku in skus
    ).encode()


def test_a_table_with_tabs_has_a_media_type_of_its_own(town: Town) -> None:
    table = b"SKU\tName\tPrice\tQuantity\nA\tLamp, red\t1,50\t2\n"
    assert send(town.newcomer("seller"), table, "text/tab-separated-values")["created"] == 1


def test_a_file_is_taken_row_by_row_and_bad_rows_are_named(town: Town) -> None:
    seller = town.newcomer("seller")
    content = rows("A", "B") + b'\n{"sku": "C", "name": "no price"}\nnot json\n' + rows("D")
    done = send(seller, content)
    assert set(done) == {
        "importId",
        "createdAt",
        "dryRun",
        "status",
        "rows",
        "created",
        "changed",
        "unchanged",
        "failed",
        "errors",
        "errorsTruncated",
        "warnings",
    }
    assert (done["rows"], done["created"], done["failed"], done["errorsTruncated"]) == (
        5,
        3,
        2,
        False,
    )
    assert {error["line"] for error in done["errors"]} == {3, 4}
    again = send(seller, content)
    assert (again["created"], again["unchanged"], again["failed"]) == (0, 3, 2)


@pytest.mark.parametrize(
    "media",
    [
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-ndjson; charset=utf-8",
    ],
)
def test_lines_of_json_go_by_several_names(town: Town, media: str) -> None:
    assert send(town.newcomer("seller"), rows("A"), media)["created"] == 1


def test_an_array_and_a_table_are_taken_as_well(town: Town) -> None:
    seller = town.newcomer("seller")
    array = b"[" + rows("A", "B").replace(b"\n", b",") + b"]"
    assert send(seller, array, "application/json")["created"] == 2
    table = b"sku,name,price,quantity,attributes.material\nC,Row C,1.00,2,wood\nD,Row D,x,2,\n"
    done = send(seller, table, "text/csv")
    assert (done["created"], done["failed"]) == (1, 1)


def test_a_dry_run_writes_nothing(town: Town) -> None:
    seller = town.newcomer("seller")
    assert send(seller, rows("A"), query="?dryRun=true")["rows"] == 1
    assert send(seller, rows("A"))["created"] == 1


def test_a_body_of_many_chunks_arrives_whole(town: Town) -> None:
    seller = town.newcomer("seller")
    skus = [f"S{no}" for no in range(700)]
    content = rows(*skus, description="d" * 1000)
    assert len(content) > 600_000
    begun = seller("POST", "/item-imports",
        content=iter([content[i : i + 7001] for i in range(0, len(content), 7001)]),
                   headers={"Content-Type": "application/x-ndjson"})  # fmt: skip
    assert begun.status_code == 202, begun.text
    done = until(lambda: finished(seller, begun.headers["location"]))
    assert (done["rows"], done["created"], done["failed"]) == (700, 700, 0)
    page = seller(
        "GET",
        "/items",
        params={"seller": seller.account["accountId"]},
        headers={"X-Search-Token": begun.headers["x-search-token"]},
    )
    assert page.json()["total"]["count"] == 700


def test_what_is_no_file_of_items_is_415(town: Town, seller: Person) -> None:
    for media in ("text/plain", "multipart/form-data; boundary=x", "", "text/csv; charset=latin-1"):
        refused = seller(
            "POST", "/item-imports", content=rows("A"), headers={"Content-Type": media}
        )
        problem(refused, 415, "unsupported-media-type")


def test_an_empty_file_has_no_rows(town: Town, seller: Person) -> None:
    assert send(seller, b"")["rows"] == 0


def test_somebody_elses_import_is_not_there(town: Town, seller: Person) -> None:
    done = send(seller, b"")
    problem(
        town.newcomer("seller")("GET", f"/item-imports/{done['importId']}"), 404, "import-not-found"
    )
    problem(seller("GET", "/item-imports/nonsense"), 404, "import-not-found")


@pytest.mark.parametrize(
    "content",
    [
        b"[" + rows("A"),
        b"[" + rows("A") + b",",
        b"[" + rows("A") + b",\n",
        b"[" * 50 + rows("A") + b"[[",
    ],
)
def test_a_list_that_ends_too_early_is_reported(town: Town, content: bytes) -> None:
    done = send(town.newcomer("seller"), content, "application/json")
    assert (done["created"], done["failed"]) == (1, 1)
    assert done["errors"][0]["detail"] == "the file ends before the list does"


@pytest.mark.parametrize(
    "content", [rows("A", "B"), b"[" + rows("A", "B").replace(b"\n", b",") + b"]\n", b"[]", b""]
)
def test_a_whole_file_of_objects_has_no_early_end(town: Town, content: bytes) -> None:
    assert send(town.newcomer("seller"), content, "application/json")["errors"] == []


def test_a_body_that_breaks_off_leaves_no_import_behind(
    town: Town, seller: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    given_up: list[str] = []
    begin, give_up = Imports.begin, Upload.give_up

    def noted_begin(self: Imports, *arguments: Any, **more: Any) -> Upload:
        upload = begin(self, *arguments, **more)
        begun.append(upload.job.id)
        return upload

    def noted_give_up(self: Upload) -> None:
        give_up(self)
        given_up.append(self.job.id)

    monkeypatch.setattr(Imports, "begin", noted_begin)
    monkeypatch.setattr(Upload, "give_up", noted_give_up)
    address = (town.client.base_url.host, town.client.base_url.port or 80)
    head = f"POST /item-imports HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {seller.token}\r\n"
    with socket.create_connection(address, 10) as line:
        line.sendall(
            f"{head}Content-Type: application/x-ndjson\r\nContent-Length: 1000000\r\n\r\n".encode()
            + rows("A")
        )
        assert until(lambda: begun)
    assert until(lambda: given_up) == begun
    assert problem(seller("GET", f"/item-imports/{begun[0]}"), 404, "import-not-found")


def test_an_import_is_cancelled_by_its_seller_alone_and_as_often_as_asked(
    town: Town, seller: Person
) -> None:
    begun = seller(
        "POST",
        "/item-imports",
        content=rows(*(f"C{n}" for n in range(3_000))),
        headers={"Content-Type": "application/x-ndjson"},
    )
    path = begun.headers["location"]
    problem(town.newcomer("seller")("DELETE", path), 404, "import-not-found")
    assert [seller("DELETE", path).status_code for _ in range(2)] == [204, 204]
    assert seller("GET", path).json()["status"] in ("cancelled", "finished")
    problem(seller("DELETE", "/item-imports/nonsense"), 404, "import-not-found")


def test_how_a_table_is_written_can_be_said(town: Town) -> None:
    seller = town.newcomer("seller")
    table = b"sku|name|price|quantity\nA|a|2.500|1.000\n"
    assert send(seller, table, "text/csv")["failed"] == 1
    done = send(seller, table, "text/csv", "?delimiter=%7C&decimal=,")
    assert (done["created"], done["errors"]) == (1, [])
    for query in ("?delimiter=x", "?decimal=;"):
        refused = seller(
            "POST", f"/item-imports{query}", content=table, headers={"Content-Type": "text/csv"}
        )
        assert refused.status_code == 422, refused.text


def test_a_dry_run_names_what_would_be_lost(town: Town) -> None:
    seller = town.newcomer("seller")
    send(seller, rows("A", description="kept"))
    done = send(seller, b'{"sku": "A", "description": null}', query="?dryRun=true")
    assert done["warnings"] == [
        {"line": 1, "pointer": "/description", "detail": "would be emptied"}
    ]


def test_a_file_of_blanks_without_end_is_refused_while_it_comes_in(
    town: Town, seller: Person
) -> None:
    refused = seller(
        "POST",
        "/item-imports",
        content=b" " * 2_000_000,
        headers={"Content-Type": "application/x-ndjson"},
    )
    problem(refused, 422, "invalid")


def test_a_seller_has_so_many_imports_that_are_not_over(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    seller = town.newcomer("seller")
    monkeypatch.setattr(Upload, "finish", lambda upload: upload.job)
    for _ in range(10):
        assert (
            seller(
                "POST",
                "/item-imports",
                content=rows("A"),
                headers={"Content-Type": "application/x-ndjson"},
            ).status_code
            == 202
        )
    refused = seller(
        "POST", "/item-imports", content=rows("A"), headers={"Content-Type": "application/x-ndjson"}
    )
    problem(refused, 429, "too-many-imports")
    assert refused.headers["retry-after"]
