"""What other shops got wrong about carts, over HTTP. Numbers are those of the acceptance list."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from commerce_core.cart import MOST_LINES
from commerce_core.catalog import ItemView
from tests.integration.http.people import Person, serving
from tests.integration.market import Market, open_market
from tests.integration.statements import counted


@attrs.frozen
class Street:
    """A served market in which only requests make anything happen."""

    market: Market
    client: httpx.Client

    def somebody(self) -> Person:
        """A buyer, logged in."""
        return self.crowd(1)[0]

    def crowd(self, count: int) -> list[Person]:
        """Buyers, logged in."""
        return [Person(self.client, member.token) for member in self.market.crowd(count)]


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Street]:
    folder: Path = tmp_path_factory.mktemp("street")
    with (
        open_market(folder) as market,
        serving(market.shop) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        yield Street(market, client)


@pytest.fixture(scope="module")
def items(street: Street) -> list[ItemView]:
    return [street.market.item(100, name=f"Thing {no}") for no in range(MOST_LINES)]


def put(person: Person, item: ItemView, quantity: int, **more: Any) -> httpx.Response:
    """Have so many pieces in the cart."""
    answer = person("PATCH", "/cart", {"itemId": item.item.id, "quantity": quantity}, **more)
    assert answer.status_code == 200, answer.text
    return answer


def contents(cart: httpx.Response, items: Sequence[ItemView]) -> dict[int, int]:
    """Which of *items* are in it, and how many pieces."""
    place = {item.item.id: no for no, item in enumerate(items)}
    return {place[line["itemId"]]: line["quantity"] for line in cart.json()["lines"]}


def put_all(
    person: Person, items: Sequence[ItemView], wanted: Mapping[int, int], **more: Any
) -> None:
    """Have so many pieces of each in the cart."""
    lines = [{"itemId": items[no].item.id, "quantity": quantity} for no, quantity in wanted.items()]
    answer = person("PATCH", "/cart", {"lines": lines}, **more)
    assert answer.status_code == 200, answer.text


def test_27_adding_to_a_cart_costs_the_same_from_one_to_a_thousand_lines(
    street: Street, items: list[ItemView]
) -> None:
    """The number of statements is the same, and what is carried grows with the lines of the answer
    and with nothing else.
    """
    buyer = street.somebody()
    statements: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for lines in (1, 2, 3, 199, 200, 257, MOST_LINES - 1, MOST_LINES):
        put_all(buyer, items, dict.fromkeys(range(lines - 1), 1)) if lines > 1 else None
        with counted(street.market.database) as seen:
            answer = put(buyer, items[lines - 1], 1)
        assert len(answer.json()["lines"]) == lines
        statements[lines] = len(seen)
        sizes[lines] = len(answer.content)
    first, later = statements.pop(1), set(statements.values())
    assert len(later) == 1, statements
    assert first <= later.pop() + 1  # the first one writes the cart down
    with counted(street.market.database) as seen:
        put_all(buyer, items, dict.fromkeys(range(MOST_LINES), 7))
    assert len(seen) == statements[MOST_LINES], "a list of lines costs the statements of one"
    each = [
        (sizes[more] - sizes[fewer]) / (more - fewer)
        for fewer, more in ((2, 3), (3, 199), (200, 257), (257, MOST_LINES))
    ]
    assert max(each) - min(each) < 16, "a line more costs the same wherever it comes"


@pytest.mark.parametrize(
    ("mine", "theirs", "together"),
    [
        ({}, {}, {}),
        ({}, {0: 2}, {0: 2}),
        ({0: 2}, {}, {0: 2}),
        ({0: 2}, {1: 3}, {0: 2, 1: 3}),
        ({0: 2}, {0: 5}, {0: 5}),
        ({0: 5}, {0: 2}, {0: 5}),
        ({0: 1, 1: 4}, {1: 1, 2: 2}, {0: 1, 1: 4, 2: 2}),
        (
            dict.fromkeys(range(999), 1),
            {998: 2, 999: 3},
            dict.fromkeys(range(998), 1) | {998: 2, 999: 3},
        ),
        (
            dict.fromkeys(range(999), 1),
            {999: 3, 0: 9},
            dict.fromkeys(range(1, 999), 1) | {999: 3, 0: 9},
        ),
    ],
    ids=[
        "both empty",
        "only the guest's",
        "only the buyer's",
        "apart",
        "the guest has more",
        "the buyer has more",
        "mixed",
        "full",
        "full too",
    ],
)
def test_28_a_guests_cart_goes_over_into_the_buyers_once(
    street: Street, items: list[ItemView], mine, theirs, together
) -> None:
    buyer, guest = street.somebody(), Person(street.client)
    street.client.cookies.clear()
    token = {"X-Cart-Token": street.market.shop.guest_tokens.new()}
    if mine:
        put_all(buyer, items, mine)
    if theirs:
        put_all(guest, items, theirs, headers=token)
    assert contents(buyer("GET", "/cart", headers=token), items) == together
    assert contents(guest("GET", "/cart", headers=token), items) == {}
    if together:
        put(buyer, items[next(iter(together))], 1)
        after = contents(buyer("GET", "/cart"), items)
        assert (
            contents(buyer("GET", "/cart", headers=token), items) == after
        )  # a spent token brings nothing back


def test_28_what_a_merged_cart_cannot_hold_is_named_until_the_buyer_changes_it(
    street: Street, items: list[ItemView]
) -> None:
    buyer, guest = street.somebody(), Person(street.client)
    street.client.cookies.clear()
    token = {"X-Cart-Token": street.market.shop.guest_tokens.new()}
    put_all(buyer, items, dict.fromkeys(range(998), 1))
    put_all(guest, items, {995: 5, 998: 2, 999: 3}, headers=token)
    more = street.market.item(100, name="One too many")
    put(guest, more, 4, headers=token)
    for headers in (token, {}):
        cart = buyer("GET", "/cart", headers=headers).json()
        assert [len(cart["lines"]), cart["lines"][995]["quantity"]] == [1_000, 5]
        problems = [(p["code"], p["itemId"], p["detail"]) for p in cart["problems"]]
        assert problems == [("left-out", more.item.id, "4 pieces did not fit into the cart")]
    assert put(buyer, items[0], 0).json()["problems"] == []
    assert put(buyer, more, 4).status_code == 200


def test_28_nobody_inherits_a_guests_cart_or_sees_another(
    street: Street, items: list[ItemView]
) -> None:
    first, second, guest = *street.crowd(2), Person(street.client)
    street.client.cookies.clear()
    token, other = ({"X-Cart-Token": street.market.shop.guest_tokens.new()} for _ in range(2))
    put(guest, items[0], 2, headers=token)
    put(guest, items[1], 3, headers=other)
    street.client.cookies.clear()
    assert contents(guest("GET", "/cart", headers=token), items) == {0: 2}
    assert contents(guest("GET", "/cart", headers=other), items) == {1: 3}
    assert contents(guest("GET", "/cart"), items) == {}
    street.client.cookies.clear()
    assert contents(first("GET", "/cart", headers=token), items) == {0: 2}
    assert (
        contents(second("GET", "/cart", headers=token), items) == {}
    )  # the next user of the same browser
    assert contents(second("GET", "/cart"), items) == {}
    assert contents(first("GET", "/cart"), items) == {0: 2}
    assert contents(guest("GET", "/cart", headers=other), items) == {1: 3}
