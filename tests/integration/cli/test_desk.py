"""Looking after a shop: checks, sagas, accounts, search, settings."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from commerce_core.accounts import Role
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.address import Address
from commerce_core.kernel.ids import BuyerId, ItemId, OrderId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo
from commerce_sqlalchemy.transaction import SqlDatabase, SqlTransaction
from tests.integration.cli.conftest import BUYER, SELLER, Cli, Shop

NOWHERE = Address(name="Ada", line1="Hut 1", city="McMurdo", postal_code="0", country="AQ")


@pytest.fixture
def item_id(shop: Shop) -> ItemId:
    """A lamp on the shelf."""
    seller = SellerId(shop.accounts.by_email(SELLER).id)
    return shop.items.onboard(
        seller, NewItem(sku="LAMP", name="Lamp", price=Money(1_990, "USD"), quantity=5)
    ).item.id


def place(
    shop: Shop, item_id: ItemId, card: str = "4242424242424242", to: Address | None = None
) -> OrderId:
    """An order that nobody has run yet."""
    buyer = shop.accounts.by_email(BUYER)
    wanted = (SetQuantity(item_id=item_id, quantity=1),)
    cart = shop.carts.change(
        CartChange(shopper=Shopper(buyer_id=BuyerId(buyer.id)), quantities=wanted)
    )
    paid = PaymentInfo(payment_type="card", card_no=CardNumber.from_text(card))
    command = PlaceOrder(
        cart_id=cart.cart.id, amount=cart.quote.total, payment_info=paid, shipping_address=to
    )
    return shop.checkout.place(buyer, command, None).key.order_id


def run(shop: Shop) -> None:
    while shop.runner.run_once(16) + shop.relay.run_once(500):
        pass
    shop.relay.release()


def test_a_sound_shop_checks_clean(shop: Shop, item_id: ItemId, commerce: Cli) -> None:
    place(shop, item_id)
    run(shop)
    ran = commerce("check")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "Everything holds.")
    report = commerce("check", "--json").data
    assert (
        report["clean"],
        report["atRest"],
        report["orders"],
        report["skus"],
        report["violations"],
    ) == (True, True, 1, 1, [])


def test_a_broken_invariant_is_named_with_what_to_do(
    shop: Shop, item_id: ItemId, commerce: Cli, folder: Path
) -> None:
    run(shop)
    database = SqlDatabase(shop.settings.database_url)
    with database.begin() as tx:
        tx.connection.execute(sa.text("UPDATE stock SET on_hand = on_hand + 1"))
        tx.commit()
    database.dispose()
    ran = commerce("check", "--repair-report")
    assert ran.code == 1
    assert "S2 sku" in ran.out
    assert "the movements sum to 5" in ran.out
    assert "the ledger is right" in ran.out
    (violation,) = commerce("check", "--json").data["violations"]
    assert violation["invariant"] == "S2"


def test_an_item_that_the_index_does_not_know_is_a_violation_until_the_index_is_built_anew(
    shop: Shop, item_id: ItemId, commerce: Cli
) -> None:
    ran = commerce("check", "--json")
    assert (ran.code, [v["invariant"] for v in ran.data["violations"]]) == (1, ["L7"])
    assert ran.data["waitingMessages"] > 0
    assert commerce("reindex").code == 0
    assert commerce("check").code == 0


def test_a_saga_is_found_by_the_number_of_its_order(
    shop: Shop, item_id: ItemId, commerce: Cli
) -> None:
    order_id = place(shop, item_id)
    with shop.database.begin() as tx:
        assert isinstance(tx, SqlTransaction)
        tx.connection.execute(sa.text("UPDATE orders SET number = '26-1'"))
        tx.connection.execute(
            sa.text("INSERT INTO order_number SELECT '26-1', buyer_id, id FROM orders")
        )
        tx.commit()
    (row,) = commerce("sagas", "list", "--number", "26-1", "--json").data
    assert row["orderId"] == order_id
    assert commerce("sagas", "list", "--number", "26-2", "--json").data == []
    assert commerce("sagas", "show", order_id, "--json").data["number"] == "26-1"


def test_sagas_are_listed_shown_and_hurried(shop: Shop, item_id: ItemId, commerce: Cli) -> None:
    order_id = place(shop, item_id)
    (row,) = commerce("sagas", "list", "--json").data
    assert (row["orderId"], row["state"]) == (order_id, "PLACED")
    assert order_id in commerce("sagas", "list").out
    assert commerce("sagas", "list", "--alarmed", "--json").data == []
    assert commerce("sagas", "retry", order_id).code == 0
    run(shop)
    shown = commerce("sagas", "show", order_id, "--json").data
    assert (shown["state"], shown["total"]) == ("COMPLETED", "19.90 USD")
    assert [entry["type"] for entry in shown["timeline"]][-1] == "OrderCompleted"
    assert {call["operation"]: call["status"] for call in shown["calls"]} == {
        "charge": "OK",
        "ship": "OK",
    }
    assert "OrderCompleted" in commerce("sagas", "show", order_id).out


def test_what_a_person_decides_is_refused_where_it_does_not_apply(
    shop: Shop, item_id: ItemId, commerce: Cli
) -> None:
    order_id = place(shop, item_id)
    decision = (
        "--reason",
        "the carrier lost it",
        "--evidence",
        "mail of Monday",
        "--actor",
        "olga",
    )
    for command in (("compensate", order_id), ("resolve", order_id, "voided")):
        ran = commerce("sagas", *command, *decision)
        assert ran.code in (1, 2)
        said = [line for line in ran.err.splitlines() if "[warning" not in line]
        assert len(said) == 1
    run(shop)
    assert commerce("check").code == 0


def test_an_operator_is_made(shop: Shop, commerce: Cli) -> None:
    ran = commerce("accounts", "grant", BUYER, "operator")
    assert (ran.code, ran.out) == (0, f"{BUYER} is an operator now.\n")
    assert shop.accounts.by_email(BUYER).role is Role.OPERATOR


def test_the_search_is_explained_and_scored(
    shop: Shop, item_id: ItemId, commerce: Cli, folder: Path
) -> None:
    run(shop)
    ran = commerce("search", "explain", "lamp")
    assert ran.code == 0
    assert ran.out.startswith(f"1. Lamp ({item_id})")
    assert commerce("search", "explain", "zeppelin").code == 1
    (folder / "q.tsv").write_text("query_id\tquery\n1\tlamp\n2\tzeppelin\n3\tunjudged\n")
    (folder / "j.tsv").write_text("query_id\tproduct_id\tgrade\n1\tLAMP\t3\n2\tZEPPELIN\t2\n")
    scored = commerce(
        "search",
        "evaluate",
        "--queries",
        "q.tsv",
        "--judgments",
        "j.tsv",
        "--typos",
        "q.tsv",
        "--json",
    ).data
    assert (
        scored["queries"],
        scored["ndcg10"],
        scored["judgedOnlyNdcg10"],
        scored["recall100"],
    ) == (2, 0.5, 0.5, 0.5)
    assert [score["query"] for score in scored["worst"]] == ["zeppelin", "lamp"]
    assert scored["mistyped"]["queries"] == 2
    assert (
        "NDCG@10, judged only 0.500"
        in commerce("search", "evaluate", "--queries", "q.tsv", "--judgments", "j.tsv").out
    )


def test_settings_tell_where_they_come_from_and_keep_secrets(
    commerce: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMERCE_PORT", "9000")
    monkeypatch.setenv("COMMERCE_PAYMENT_URLS", "sandbox://merchant:hunter2@host/")
    rows = {row["name"]: row for row in commerce("settings", "--json").data}
    assert (rows["COMMERCE_PORT"]["value"], rows["COMMERCE_PORT"]["source"]) == (
        "9000",
        "environment",
    )
    assert rows["COMMERCE_CURRENCY"]["source"] == "default"
    assert all(row["meaning"] for row in rows.values())
    assert "hunter2" not in json.dumps(rows)
    assert "hunter2" not in commerce("settings").out


def test_migrating_brings_the_tables_and_can_be_repeated(commerce: Cli, folder: Path) -> None:
    assert [commerce("migrate").code, commerce("migrate").code] == [0, 0]
    assert (folder / "var" / "shop.db").exists()


@pytest.mark.parametrize(
    "command", [("serve", "--port", "0"), ("sagas", "list"), ("check",)], ids=" ".join
)
def test_38_another_account_than_that_of_an_unfinished_order_is_one_sentence(
    command: tuple[str, ...], shop: Shop, item_id: ItemId, commerce: Cli
) -> None:
    place(shop, item_id)
    database = SqlDatabase(shop.settings.database_url)
    with database.begin() as tx:
        tx.connection.execute(sa.text("UPDATE orders SET gateway_account = 'acct_1/live'"))
        tx.commit()
    database.dispose()
    ran = commerce(*command)
    assert ran.code == 2
    assert (
        "sandbox is account sandbox, and unfinished orders are paid at its account acct_1/live."
        in ran.err.strip().splitlines()[-1]
    )
