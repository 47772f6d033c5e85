"""No card number is anywhere in what the shop writes (acceptance 33): canaries through everything
that a checkout takes.
"""

import logging
from pathlib import Path

import pytest
import structlog

from tests.integration.http.people import (
    ADDRESS,
    PASSWORD,
    Person,
    Town,
    open_town,
    request_for,
    until,
)

#: Passes Luhn, and stands nowhere else.
CANARY = "4539578763621486"
SPELLINGS = (CANARY, "4539 5787 6362 1486", "4539-5787-6362-1486")


def ways_in(cart: dict) -> list[tuple[dict, dict, dict]]:
    """Requests (body, headers, query) with a canary at each place."""
    plain = request_for(cart)
    payment = plain["paymentInfo"]
    found: list[tuple[dict, dict, dict]] = []
    for canary in SPELLINGS:
        found += [
            (plain | {"paymentInfo": payment | {field: canary}}, {}, {})
            for field in ("cardNo", "paymentType", "expiry", "cvc", "token", "pan")
        ]
        found.append((plain | {"paymentInfo": {"paymentType": "card", "token": canary}}, {}, {}))
        found += [
            (plain | {field: canary}, {}, {})
            for field in ("cartId", "amount", "cartVersion", "note", "shippingAddress")
        ]
        found += [
            (plain | {"paymentInfo": payment | {canary: "x"}}, {}, {}),
            (plain | {canary: "x"}, {}, {}),
        ]
        found += [
            (plain | {"shippingAddress": ADDRESS | {line: f"card {canary}"}}, {}, {})
            for line in (*ADDRESS, "line2", "region", "note")
        ]
        names = (
            "Idempotency-Key",
            "Prefer",
            "X-Request-ID",
            "X-Cart-Token",
            "User-Agent",
            "Referer",
            "X-Card",
            "Cookie",
            "If-Match",
        )
        found += [(plain | {"cartId": "none"}, {name: canary}, {}) for name in names]
        found += [(plain, {}, {"card": canary}), (plain, {}, {canary: "1"})]
    return found


def written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
def log(tmp_path: Path):
    """Everything that is logged, down to the last detail, in a file."""
    path = tmp_path / "all.log"
    handler = logging.FileHandler(path)
    handler.addFilter(
        lambda record: not record.name.startswith(("httpx", "httpcore"))
    )  # the client of this test
    root, before = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    with path.open("a") as file:
        structlog.reset_defaults()
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(file))
        yield path
        structlog.reset_defaults()
    root.setLevel(before)
    root.removeHandler(handler)
    handler.close()


def test_33_a_card_number_is_in_no_file_no_log_and_no_answer(tmp_path: Path, log: Path) -> None:
    answers: list[str] = []
    with open_town(tmp_path / "shop") as town:
        buyer, item = town.newcomer(), town.item(town.newcomer("seller"), quantity=1000)
        for body, headers, query in ways_in(town.filled_cart(buyer, item)):
            answers.append(buyer("POST", "/checkout", body, headers=headers, params=query).text)
        # and the ways on which a number is welcome: paid, and with the number that this shop may
        # keep as a digest alone
        paid = town.order(buyer, item, CANARY, **{"Prefer": "wait=10", "Idempotency-Key": CANARY})
        assert (paid["status"], paid["payment"]["last4"]) == ("COMPLETED", "1486")
        keeps_none(buyer, town, answers)
    output = log.read_text()
    assert "request" in output, "the log is empty: nothing was looked at"
    files = written(tmp_path / "shop")
    assert paid["orderId"].encode() in files, (
        "the order is in none of the files: nothing was looked at"
    )
    for canary in SPELLINGS:
        assert canary.encode() not in files
        assert canary not in output
        assert not [answer for answer in answers if canary in answer]


def keeps_none(buyer: Person, town: Town, answers: list[str]) -> None:
    """Other doors that a card number may knock at."""
    answers.append(buyer("POST", f"/orders/{CANARY}/cancellation").text)
    answers.append(buyer("GET", "/orders", params={"cursor": CANARY}).text)
    answers.append(buyer("PATCH", "/accounts/me", {"name": CANARY}).text)
    answers.append(town.guest("POST", "/sessions", {"email": CANARY, "password": PASSWORD}).text)
    me = {"email": "me@example.com", "password": PASSWORD, "name": "Me"}
    answers += [
        town.guest("POST", "/accounts", me | named).text
        for named in ({"email": f"{CANARY}@example.com"}, {"name": CANARY})
    ]
    until(lambda: len(buyer("GET", "/orders").json()["orders"]) >= 1)
    answers.append(town.guest("GET", "/metrics").text)
