"""Who guesses passwords over HTTP, and who is kept out by it: on a file and on a server."""

import threading
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_network

import httpx
import pytest

from tests.integration.http.people import PASSWORD, Person, Town, open_town, problem
from tests.postgres import ShopDatabases

_OWN, _OTHERS = "192.0.2.1", "198.51.100.7"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def behind(
    request: pytest.FixtureRequest,
    shop_databases: ShopDatabases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Town]:
    """A shop behind a proxy that it trusts."""
    bounds = {
        "trusted_proxies": (ip_network("127.0.0.0/8"),),
        "guessed_accounts": 20,
        "guest_carts_per_minute": 5,
        "registrations_per_minute": 40,
    }
    folder = tmp_path_factory.mktemp("behind")
    if request.param == "sqlite":
        with open_town(folder, **bounds) as opened:
            yield opened
    else:
        with shop_databases() as url, open_town(folder, database_url=url, **bounds) as opened:
            yield opened


def log_in(town: Town, email: str, password: str, address: str, **headers: str) -> httpx.Response:
    town.client.cookies.clear()  # which would tell of devices
    forwarded = {
        "X-Forwarded-For": address,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return town.guest(
        "POST", "/sessions", {"email": email, "password": password}, headers=forwarded
    )


def email_of(person: Person) -> str:
    return str(person.account["email"])


def test_39_twelve_guesses_at_once_count_twelve(behind: Town) -> None:
    email, statuses, turn = email_of(behind.newcomer()), Counter[int](), threading.Lock()

    def guess() -> None:
        status = log_in(behind, email, "wrong", "203.0.113.12").status_code
        with turn:
            statuses[status] += 1

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == {401: 5, 429: 7}


def test_39_guesses_from_elsewhere_keep_no_holder_out_and_a_known_device_gets_in_even_there(
    behind: Town,
) -> None:
    email = email_of(behind.newcomer())
    entered = log_in(behind, email, PASSWORD, _OWN)
    assert entered.status_code == 201
    device = entered.headers["x-device-token"]
    assert any(
        cookie.startswith(f"device_token={device};")
        for cookie in entered.headers.get_list("set-cookie")
    )
    for _ in range(5):
        problem(log_in(behind, email, "wrong", _OTHERS), 401, "login-failed")
    refused = log_in(behind, email, PASSWORD, _OTHERS)
    problem(refused, 429, "too-many-attempts")
    assert 0 < int(refused.headers["retry-after"]) <= 301
    assert log_in(behind, email, PASSWORD, _OWN).status_code == 201
    assert log_in(behind, email, PASSWORD, _OTHERS, X_Device_Token=device).status_code == 201
    assert (
        log_in(behind, email, PASSWORD, _OTHERS, Cookie=f"device_token={device}").status_code == 201
    )


def test_39_a_spray_over_many_accounts_is_noticed(behind: Town) -> None:
    email = email_of(behind.newcomer())
    statuses = [
        log_in(behind, f"sprayed{n}@example.com", "password", "203.0.113.30").status_code
        for n in range(30)
    ]
    assert statuses == [401] * 20 + [429] * 10
    problem(log_in(behind, email, PASSWORD, "203.0.113.30"), 429, "too-many-attempts")
    assert log_in(behind, email, PASSWORD, "203.0.113.31").status_code == 201


def test_39_one_address_begins_so_many_carts_in_a_minute_and_those_begun_go_on(
    behind: Town,
) -> None:
    item = behind.item(behind.newcomer("seller"))

    def begin(token: str | None, address: str) -> httpx.Response:
        behind.client.cookies.clear()
        headers = {"X-Forwarded-For": address} | ({"X-Cart-Token": token} if token else {})
        return behind.guest(
            "PATCH", "/cart", {"itemId": item["itemId"], "quantity": 1}, headers=headers
        )

    answers = [begin(None, "203.0.113.40") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
    problem(answers[-1], 429, "too-many-requests")
    tokens = [answer.headers["x-cart-token"] for answer in answers[:5]]
    assert [begin(token, "203.0.113.40").status_code for token in tokens] == [200] * 5
    assert begin(None, "203.0.113.41").status_code == 200
    buyer = behind.newcomer()
    assert (
        buyer(
            "PATCH",
            "/cart",
            {"itemId": item["itemId"], "quantity": 1},
            headers={"X-Forwarded-For": "203.0.113.40"},
        ).status_code
        == 200
    )


def test_39_one_address_registers_so_often_in_a_minute(behind: Town) -> None:
    def register(n: int, address: str) -> httpx.Response:
        body = {"email": f"many{n}@example.com", "password": PASSWORD, "name": "Many"}
        return behind.guest("POST", "/accounts", body, headers={"X-Forwarded-For": address})

    answers = [register(n, "203.0.113.50") for n in range(41)]
    assert [answer.status_code for answer in answers] == [201] * 40 + [429]
    problem(answers[-1], 429, "too-many-requests")
    assert 0 < int(answers[-1].headers["retry-after"]) <= 61
    assert register(99, "203.0.113.51").status_code == 201


def test_39_who_is_no_trusted_proxy_names_nobody_else(town: Town) -> None:
    email = email_of(town.newcomer())
    for n in range(5):
        problem(log_in(town, email, "wrong", f"192.0.2.{n}"), 401, "login-failed")
    problem(log_in(town, email, PASSWORD, _OWN), 429, "too-many-attempts")
