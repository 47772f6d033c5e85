"""After somebody has left, nothing that the shop has written tells of them but what books must
keep: canaries in everything that a person may say, searched for in every file, table and log.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from commerce_core.kernel.ids import SellerId
from commerce_core.webhooks import EndpointNotFound
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.canaries import listening, spellings
from commerce_testkit.receiver import WebhookReceiver
from tests.integration.http.leaver import EMAIL, NAME, PASSWORD, PERSONAL, PLACE, SAID, lives
from tests.integration.http.people import Town, open_town, problem, until
from tests.pictures import picture

IMPORTED: Final = "canary row of an import Ziegenmelker"
HOOK: Final = "canary-of-a-webhook-heckenbraunelle"
HOOKED: Final = "canary endpoint Wintergoldhaehnchen"


def everything(town: Town, folder: Path) -> Iterator[tuple[str, bytes]]:
    """What the shop has written, by its place."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder)), path.read_bytes()
    database: Any = town.shop.own_data._db
    assert isinstance(database, SqlDatabase)
    if database.is_sqlite:
        return  # its tables lie in the folder
    with database.snapshot() as tx:
        for table in sa.inspect(tx.connection).get_table_names():
            rows = tx.connection.exec_driver_sql(f'SELECT t::text FROM "{table}" t')
            yield table, "\n".join(rows.scalars()).encode()


def found_in(town: Town, folder: Path, *canaries: str) -> dict[str, list[str]]:
    return {
        place: hits
        for place, data in everything(town, folder)
        if (hits := [c for c in canaries if any(s.encode() in data for s in spellings(c))])
    }


@pytest.fixture
def town(tmp_path: Path, on_database: dict[str, Any]) -> Iterator[Town]:
    with open_town(tmp_path / "shop", **on_database) as opened:
        yield opened


def test_who_has_left_is_in_nothing_that_the_shop_has_written(town: Town, tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    with listening() as logs:
        person = lives(town)
        told = person("GET", "/accounts/me/export")
        assert [
            c for c in (EMAIL, NAME, *PLACE.values(), *SAID.values()) if c not in told.text
        ] == [SAID["key"]]
        before = found_in(town, folder, *PERSONAL)
        assert before, "nothing was looked at"
        assert person("DELETE", "/accounts/me", {"password": PASSWORD}).status_code == 204
        problem(person("GET", "/accounts/me"), 401, "session-unknown")
        until(lambda: town.shop.own_data._db.discard_log())
        # What was being sent just then is forgotten when it has been.
        until(lambda: found_in(town, folder, *PERSONAL) == {})
        # The books have them.
        kept = found_in(town, folder, person.account["accountId"])
        assert kept
    assert [c for c in PERSONAL if any(s in logs.text for s in spellings(c))] == []


def test_what_others_say_stays_theirs(town: Town, tmp_path: Path) -> None:
    leaving, staying = lives(town), lives(town, "other-" + EMAIL)
    before = staying("GET", "/accounts/me/export").json()
    before.pop("notifications")  # which are on their way
    assert leaving("DELETE", "/accounts/me", {"password": PASSWORD}).status_code == 204
    until(lambda: staying("GET", "/accounts/me/export").json()["notifications"])
    after = staying("GET", "/accounts/me/export").json()
    after.pop("notifications")
    assert after == before
    assert lives(town).account["accountId"] != leaving.account["accountId"]


def test_a_seller_who_has_left_leaves_no_text_of_imports(town: Town, tmp_path: Path) -> None:
    folder, seller = tmp_path / "shop", town.newcomer("seller")
    rows = f"sku,name,price\n{IMPORTED},,x\n".encode()
    begun = seller("POST", "/item-imports", content=rows, headers={"Content-Type": "text/csv"})
    over = f"/item-imports/{begun.json()['importId']}"
    until(lambda: seller("GET", over).json()["status"] == "finished")
    email = str(seller.account["email"])
    assert found_in(town, folder, email)
    answer = seller("DELETE", "/accounts/me", {"password": "correct horse battery"})
    assert answer.status_code == 204, answer.text
    until(lambda: town.shop.own_data._db.discard_log())
    until(lambda: found_in(town, folder, email, IMPORTED) == {})


def test_a_seller_who_has_left_leaves_no_image(town: Town, tmp_path: Path) -> None:
    seller = town.newcomer("seller")
    item = f"/items/{town.item(seller)['itemId']}"
    images = f"{item}/images"
    for data in (picture("PNG", (3, 2)), picture("PNG", (4, 3))):
        sent = seller("POST", images, content=data, headers={"Content-Type": "image/png"})
        assert sent.status_code in (201, 202), sent.text
    ready = until(lambda: [i for i in seller("GET", images).json()["images"] if i["sizes"]])
    assert ready[0]["imageId"] in seller("GET", "/accounts/me/export").text
    media = tmp_path / "shop" / "media"
    assert [path for path in media.rglob("*") if path.is_file()]

    assert seller("DELETE", f"{item}/publication").status_code in (200, 204)
    answer = seller("DELETE", "/accounts/me", {"password": "correct horse battery"})
    assert answer.status_code == 204, answer.text
    until(lambda: town.shop.own_data._db.discard_log())
    until(lambda: town.shop.image_processing.forget(100) or _empty(media))
    until(lambda: _empty(media))


def _empty(folder: Path) -> bool:
    return not [path for path in folder.rglob("*") if path.is_file()]


def test_nobody_leaves_while_an_order_is_under_way(tmp_path: Path) -> None:
    with open_town(tmp_path / "still", sagas=False) as town:
        buyer, seller = town.newcomer(), town.newcomer("seller")
        town.item(seller)
        town.order(buyer, town.item(town.newcomer("seller")))
        for who, code in ((buyer, "orders-under-way"), (seller, "items-on-sale")):
            problem(who("DELETE", "/accounts/me", {"password": "correct horse battery"}), 409, code)
            assert who("GET", "/accounts/me").status_code == 200


def test_a_seller_who_has_left_leaves_no_endpoint_of_webhooks(
    tmp_path: Path, on_database: dict[str, Any]
) -> None:
    folder = tmp_path / "shop"
    here = {**on_database, "webhook_targets": "any"}
    with WebhookReceiver() as receiver, open_town(folder, **here) as town, listening() as logs:
        seller = town.newcomer("seller")
        hook = {"url": f"{receiver.url}/{HOOK}", "description": HOOKED}
        made = seller("POST", "/webhook-endpoints", {**hook, "events": ["catalog.item_changed.v1"]})
        item = town.item(seller)
        until(lambda: receiver.received)
        seller("DELETE", f"/items/{item['itemId']}/publication")
        until(lambda: seller("GET", "/webhook-endpoints").json()["endpoints"][0]["waiting"] == 0)
        told = seller("GET", "/accounts/me/export").text
        assert (HOOK in told, HOOKED in told) == (True, True)
        assert found_in(town, folder, HOOK, HOOKED)
        answer = seller("DELETE", "/accounts/me", {"password": "correct horse battery"})
        assert answer.status_code == 204, answer.text
        until(lambda: town.shop.own_data._db.discard_log())
        assert found_in(town, folder, HOOK, HOOKED) == {}
        with pytest.raises(EndpointNotFound):
            town.shop.webhooks.details(
                SellerId(seller.account["accountId"]), made.json()["endpointId"]
            )
    assert [c for c in (HOOK, HOOKED) if c in logs.text] == []
