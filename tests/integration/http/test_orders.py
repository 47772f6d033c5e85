"""Reading and cancelling orders over HTTP."""

import pytest

from tests.integration.http.people import Person, Town, pointers, problem, until


def test_history_is_newest_first_page_by_page_and_without_timeline(still_town: Town) -> None:
    seller, buyer = still_town.newcomer("seller"), still_town.newcomer()
    item = still_town.item(seller)
    placed = [still_town.order(buyer, item) for _ in range(5)]
    found: list[dict] = []
    page = buyer("GET", "/orders", params={"size": 2}).json()
    while True:
        assert set(page) == {"orders", "nextCursor"}
        found += page["orders"]
        if page["nextCursor"] is None:
            break
        page = buyer("GET", "/orders", params={"size": 2, "cursor": page["nextCursor"]}).json()
    assert found == [{k: v for k, v in order.items() if k != "timeline"} for order in reversed(placed)]


def test_a_seller_sees_the_own_lines_alone(still_town: Town) -> None:
    one, other, buyer = still_town.newcomer("seller"), still_town.newcomer("seller"), still_town.newcomer()
    mine, theirs = still_town.item(one, price=1), still_town.item(other, price=2)
    still_town.filled_cart(buyer, mine, 3)
    order = still_town.order(buyer, theirs)
    sold = until(lambda: one("GET", "/orders").json()["orders"])[0]
    assert set(sold) == {"orderId", "status", "lines", "total", "createdAt", "updatedAt"}
    assert (sold["orderId"], sold["status"], sold["total"]["amount"]) == (order["orderId"], "PENDING", "3.00")
    assert [line["itemId"] for line in sold["lines"]] == [mine["itemId"]]
    assert one("GET", f"/orders/{order['orderId']}").json() == sold
    problem(still_town.newcomer("seller")("GET", f"/orders/{order['orderId']}"), 404, "order-not-found")


@pytest.mark.parametrize("path", ["/orders", "/orders?cursor="])
def test_a_new_buyer_has_no_orders(still_town: Town, path: str) -> None:
    assert still_town.newcomer()("GET", path).json() == {"orders": [], "nextCursor": None}


def test_a_cursor_of_another_list_is_400_and_a_wrong_size_422(still_town: Town) -> None:
    buyer = still_town.newcomer()
    problem(buyer("GET", "/orders?cursor=abc"), 400, "bad-cursor")
    assert pointers(buyer("GET", "/orders?size=1000&status=PAID")) == ["/size", "/status"]


def test_cancelling_is_202_and_repeated_202(still_town: Town) -> None:
    buyer = still_town.newcomer()
    order = still_town.order(buyer, still_town.item(still_town.newcomer("seller")))
    for _ in range(2):
        noted = buyer("POST", f"/orders/{order['orderId']}/cancellation")
        assert (noted.status_code, noted.json()["orderId"]) == (202, order["orderId"])


def test_an_order_that_times_out_can_be_cancelled_until_it_is_paid(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    order = town.order(buyer, town.item(seller), "4000000000000259")
    path = f"/orders/{order['orderId']}"
    assert buyer("POST", f"{path}/cancellation").status_code == 202
    ended = until(lambda: (o := buyer("GET", path).json())["status"] == "CANCELLED" and o, 20)
    assert ended["cancellation"]["code"] == "cancelled-by-buyer"
    assert ended["payment"]["status"] == "cancelled"
    assert buyer("GET", "/cart").json()["lines"][0]["quantity"] == 1
    assert buyer("POST", f"{path}/cancellation").status_code == 202


def test_a_paid_order_is_too_late_to_cancel(town: Town, seller: Person) -> None:
    buyer = town.newcomer()
    order = town.order(buyer, town.item(seller), Prefer="wait=10")
    problem(buyer("POST", f"/orders/{order['orderId']}/cancellation"), 409, "too-late-to-cancel")
