"""Several `commerce serve` on one PostgreSQL: buyers go from one to the other, and one that is
killed leaves nothing behind.
"""

import json
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from tests.e2e.shoppers import Client, Crowd, stocked
from tests.integration.http.people import until
from tests.live import COMMERCE, SANDBOX, LiveShop, live_shop

_QUICK: Final = {
    "COMMERCE_LEASE": "2",
    "COMMERCE_CALL_TIMEOUT": "0.5",
    "COMMERCE_RETRY": "0.1",
    "COMMERCE_LONGEST_RETRY": "1",
}
_BUYERS: Final = 6
_ORDERS: Final = 20


def checked(folder: Path, settings: dict[str, str]) -> dict[str, Any]:
    """What `commerce check` finds."""
    done = subprocess.run(
        (COMMERCE, "check", "--json"),
        cwd=folder,
        env=SANDBOX | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_cart_that_is_filled_at_one_process_is_paid_at_another(
    shop_url: str, tmp_path: Path
) -> None:
    items, (token, *_) = stocked(tmp_path, 1, database_url=shop_url)
    settings = _QUICK | {"COMMERCE_DATABASE_URL": shop_url}
    with live_shop(tmp_path, settings) as one, live_shop(tmp_path, settings) as other:
        here, there = Client(one.address, token), Client(other.address, token)
        status, cart = here.ask("PATCH", "/cart", {"itemId": items[0], "quantity": 2})
        assert status == 200
        body = {
            "cartId": cart["cartId"],
            "amount": cart["total"],
            "paymentInfo": {"paymentType": "card", "cardNo": "4242424242424242"},
        }
        status, order = there.ask("POST", "/checkout", body, Prefer="wait=10")
        assert (status, order["status"]) == (201, "COMPLETED")
        assert here.ask("GET", f"/orders/{order['orderId']}")[1]["status"] == "COMPLETED"
        assert there.ask("GET", "/items?term=lamp")[1]["items"][0]["itemId"] == items[0]
        here.close()
        there.close()


def test_17_what_a_killed_process_was_at_is_ended_by_another(shop_url: str, tmp_path: Path) -> None:
    crowd = Crowd(*stocked(tmp_path, _BUYERS, database_url=shop_url))
    settings = _QUICK | {"COMMERCE_DATABASE_URL": shop_url}
    with ExitStack() as running:
        shops: list[LiveShop] = [
            running.enter_context(live_shop(tmp_path, settings)) for _ in range(2)
        ]
        crowd.shop_until_it_dies(shops[0].address, _ORDERS)
        shops[0].kill()
        address = shops[1].address
        crowd.shop_until_it_dies(address, 2)
        assert crowd.surprises == []

        def unfinished() -> list[object]:
            return [
                (i, status)
                for i, (status, endings) in crowd.endings(address).items()
                if status not in endings
            ]

        until(lambda: not unfinished(), 180)
        until(lambda: (report := checked(tmp_path, settings))["atRest"] and report["clean"], 180)
    promised = [wish.order_id for wish in crowd.wishes if wish.order_id]
    assert len(promised) == checked(tmp_path, settings)["orders"]
    # An order that is undone gives its lines back, perhaps between filling a cart and paying: that
    # is refused, and promised to nobody.
    assert [wish.key for wish in crowd.wishes if not (wish.order_id or wish.refused)] == [], (
        "whoever got no answer asks again"
    )
    assert len(promised) >= _BUYERS * _ORDERS / 2
