"""`commerce recommendations`: build, explain, and judge on a history of one's own."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from commerce_bootstrap.shop import Shop
from commerce_core.cart import SetQuantity
from commerce_core.cart.service import CartChange, Shopper
from commerce_core.catalog import NewItem
from commerce_core.checkout import PlaceOrder
from commerce_core.kernel.ids import BuyerId, SellerId
from commerce_core.kernel.money import Money
from commerce_core.payment import CardNumber, PaymentInfo
from tests.integration.cli.conftest import BUYER, SELLER, Cli

CARD = CardNumber.from_text("4242424242424242")
SHAPE = {"hitRate", "recall", "ndcg", "buyers"}


def line(customer: str, at: str, *skus: str) -> dict[str, Any]:
    return {
        "order": f"{customer} {at}",
        "customer": customer,
        "country": "Anywhere",
        "at": at,
        "lines": [[sku, 2, 100] for sku in skus],
    }


HISTORY = [
    *(line(f"b{no}", f"2026-01-0{no + 1}T10:00:00Z", "lamp", "bulb") for no in range(3)),
    line("ann", "2026-01-05T10:00:00Z", "lamp", "lamp"),
    line("ann", "2026-02-01T00:00:00Z", "bulb"),
    line("zoe", "2026-02-02T00:00:00+01:00", "lamp"),
]


@pytest.fixture
def history(folder: Path) -> Path:
    path = folder / "orders.jsonl"
    path.write_text("\n".join(map(json.dumps, HISTORY)) + "\n\n")
    return path


def bought_together(shop: Shop) -> tuple[str, str]:
    """Two items in one order that is over."""
    seller = SellerId(shop.accounts.by_email(SELLER).id)
    buyer = shop.accounts.by_email(BUYER)
    items = [
        shop.items.onboard(seller, NewItem(name=name, price=Money(500, "USD"), quantity=3)).item.id
        for name in ("Lamp", "Bulb")
    ]
    wanted = tuple(SetQuantity(item_id=item_id, quantity=1) for item_id in items)
    cart = shop.carts.change(
        CartChange(shopper=Shopper(buyer_id=BuyerId(buyer.id)), quantities=wanted)
    )
    command = PlaceOrder(
        cart_id=cart.cart.id,
        amount=cart.quote.total,
        payment_info=PaymentInfo(payment_type="card", card_no=CARD),
    )
    shop.checkout.place(buyer, command, None)
    while shop.runner.run_once(16) + shop.relay.run_once(500):
        pass
    shop.relay.release()
    return items[0], items[1]


def evaluated(commerce: Cli, path: Path, until: str = "2026-02-01") -> Any:
    ran = commerce("recommendations", "evaluate", "--orders", str(path), "--until", until, "--json")
    assert ran.code == 0, ran.err
    return ran.data


def test_a_history_is_judged_without_a_shop(commerce: Cli, history: Path) -> None:
    found = evaluated(commerce, history)
    assert [*found] == ["model", "popular", "recent", "newBuyers", "seconds", "peakMegabytes"]
    for name in ("model", "popular", "recent", "newBuyers"):
        assert {*found[name]} == SHAPE
    assert found["model"] == {"hitRate": 1.0, "recall": 1.0, "ndcg": 1.0, "buyers": 1}
    assert found["newBuyers"]["buyers"] == 1
    assert found["seconds"] >= 0
    assert found["peakMegabytes"] > 10
    assert [*history.parent.iterdir()] == [history], "a shop was made"


def test_a_compressed_history_is_the_same(commerce: Cli, history: Path) -> None:
    packed = history.with_name("orders.jsonl.gz")
    packed.write_bytes(gzip.compress(history.read_bytes()))
    scores = [evaluated(commerce, path) for path in (history, packed)]
    assert [{k: v for k, v in s.items() if k in ("model", "newBuyers")} for s in scores] == [
        {k: v for k, v in scores[0].items() if k in ("model", "newBuyers")}
    ] * 2


def test_people_get_a_table(commerce: Cli, history: Path) -> None:
    ran = commerce(
        "recommendations", "evaluate", "--orders", str(history), "--until", "2026-02-01T00:00:00Z"
    )
    assert ran.code == 0
    assert "the model" in ran.out
    assert "most popular in 28 days" in ran.out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "line 1"),
        ("no json", "line 1"),
        ('{"order": 1, "customer": 2, "at": "soon", "lines": []}', "line 1"),
        ('{"order": 1, "customer": 2, "at": "2026-01-01T00:00:00Z", "lines": 3}', "line 1"),
    ],
)
def test_a_line_that_is_no_order_is_named(
    text: str, said: str, commerce: Cli, folder: Path
) -> None:
    path = folder / "orders.jsonl"
    path.write_text(text + "\n")
    ran = commerce("recommendations", "evaluate", "--orders", str(path), "--until", "2026-02-01")
    assert ran.code == 2
    assert said in ran.err


def test_wrong_calls_are_one_sentence(commerce: Cli, history: Path) -> None:
    for orders, until in ((history, "soon"), (history.with_name("none"), "2026-02-01")):
        ran = commerce("recommendations", "evaluate", "--orders", str(orders), "--until", until)
        assert ran.code == 2
        assert len(ran.err.strip().splitlines()) == 1
    cut = history.with_name("cut.gz")
    cut.write_bytes(gzip.compress(history.read_bytes())[:-20])
    ran = commerce("recommendations", "evaluate", "--orders", str(cut), "--until", "2026-02-01")
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_a_model_is_built_and_explained(commerce: Cli, shop: Shop) -> None:
    seller = SellerId(shop.accounts.by_email(SELLER).id)
    item = shop.items.onboard(
        seller, NewItem(name="Lamp", price=Money.parse("5.00", "USD"), quantity=3)
    )
    built = commerce("recommendations", "build", "--json")
    assert built.code == 0, built.err
    assert (built.data["status"], built.data["orders"]) == ("ready", 0)
    nothing = commerce("recommendations", "explain", item.item.id)
    assert nothing.code == 1
    assert "Nothing is known" in nothing.out


def test_an_order_that_is_over_is_learnt_from(commerce: Cli, shop: Shop) -> None:
    market = bought_together(shop)
    built = commerce("recommendations", "build", "--json")
    assert (built.data["orders"], built.data["items"]) == (1, 2)
    lamp, bulb = market
    explained = commerce("recommendations", "explain", lamp, "--json")
    assert explained.code == 0
    (near,) = explained.data["boughtWith"]
    assert (near["itemId"], near["name"]) == (bulb, "Bulb")
    assert near["score"] == pytest.approx(1.0)
    told = commerce("recommendations", "explain", lamp)
    assert "Bulb" in told.out
