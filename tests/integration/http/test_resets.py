"""Forgotten passwords and other addresses, with the mails as the shop writes them."""

import email
import email.policy
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commerce_core.accounts import AskReset
from tests.integration.http.people import PASSWORD, Person, Town, open_town, problem, until
from tests.integration.statements import counted


@pytest.fixture
def town(tmp_path: Path, on_database: dict[str, Any]) -> Iterator[Town]:
    with open_town(tmp_path / "shop", **on_database) as opened:
        yield opened


def link_to(folder: Path, address: str, what: str) -> str:
    """The path in the mail to *address* that leads to *what*."""

    def found() -> str | None:
        for path in sorted((folder / "shop").rglob("*.eml")):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            body = mail.get_body(("plain",))
            text = body.get_content() if body else ""
            if address in str(mail["To"]) and (hit := re.search(rf"/{what}/\S+", text)):
                return hit[0]
        return None

    return str(until(found))


def log_in(town: Town, address: str, password: str) -> int:
    body = {"email": address, "password": password}
    return town.guest("POST", "/sessions", body).status_code


def test_a_forgotten_password_is_replaced_by_the_link_in_the_mail(
    town: Town, tmp_path: Path
) -> None:
    person = town.newcomer()
    address = str(person.account["email"])
    assert town.guest("POST", "/password-resets", {"email": address}).status_code == 202
    path = link_to(tmp_path, address, "password-resets")
    new = {"new": "another horse battery"}
    assert town.guest("PUT", path, new).status_code == 204
    problem(person("GET", "/accounts/me"), 401, "session-unknown")
    problem(town.guest("PUT", path, new), 404, "link-unknown")
    assert [log_in(town, address, p) for p in (PASSWORD, new["new"])] == [401, 201]


def test_an_address_is_another_when_its_mail_was_read(town: Town, tmp_path: Path) -> None:
    person = town.newcomer()
    other = "other-" + str(person.account["email"])
    asked = person("POST", "/email-changes", {"email": other, "password": PASSWORD})
    assert asked.status_code == 202
    assert person("GET", "/accounts/me").json()["email"] == person.account["email"]
    path = link_to(tmp_path, other, "email-changes")
    assert town.guest("PUT", path).status_code == 204
    problem(town.guest("PUT", path), 404, "link-unknown")
    assert person("GET", "/accounts/me").json()["email"] == other
    assert log_in(town, other, PASSWORD) == 201


def test_who_asks_for_an_address_that_is_not_known_costs_the_shop_the_same(
    tmp_path: Path, on_database: dict[str, Any]
) -> None:
    with open_town(tmp_path / "still", sagas=False, **on_database) as town:
        person: Person = town.newcomer()
        work = {}
        database: Any = town.shop.own_data._db
        for address in ("warm-up@example.com", person.account["email"], "nobody@example.com"):
            # What the workers of the town look for meanwhile is theirs.
            with counted(database, threading.get_ident()) as seen:
                town.shop.resets.ask(AskReset(email=str(address)))
            work[address] = seen
    _, known, unknown = work.values()
    assert known
    assert known == unknown
