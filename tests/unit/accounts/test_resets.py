"""Passwords that were forgotten, and e-mail addresses that change."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

from commerce_core.accounts import (
    AskReset,
    ChangeEmail,
    ChooseNew,
    EmailTaken,
    Limits,
    LinkUnknown,
    LogIn,
    LoginFailed,
    Origin,
    Register,
    SessionUnknown,
    TooManyRequests,
)
from commerce_core.accounts.service import Accounts, Guesses, Links, Passwords, Resets
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.notifier import Notifier
from commerce_core.kernel.transaction import Transaction
from commerce_testkit.memory.passwords import CountingTokens, PlainHasher
from commerce_testkit.memory.shop import MemoryParts

EMAIL, PASSWORD = "ada@example.com", "correct horse"
HOME, ELSEWHERE = Origin(address="192.0.2.1"), Origin(address="198.51.100.7")


class Heard(Notifier):
    """Remembers what it was to tell."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def notify(
        self,
        tx: Transaction,
        kind: str,
        subject: str,
        person: str,
        facts: Mapping[str, Any] | None = None,
        *,
        address: str | None = None,
        until: datetime | None = None,
    ) -> None:
        self.told.append({"kind": kind, "facts": facts, "person": person, "address": address})


@attrs.define
class Desk:
    """Accounts with one holder, and what is sent."""

    on: MemoryParts
    heard: Heard
    accounts: Accounts
    resets: Resets
    links: Links

    def link(self, kind: str = "password-reset") -> str:
        """The token of the last link that was sent."""
        told = [one for one in self.heard.told if one["kind"] == kind][-1]
        path = self.links.reset_path if kind == "password-reset" else self.links.change_path
        return path(told["facts"]).rpartition("/")[2]

    def log_in(self, password: str, email: str = EMAIL, origin: Origin = HOME) -> str:
        return self.accounts.log_in(LogIn(email=email, password=password), origin).token


@pytest.fixture
def desk() -> Desk:
    on, heard, links, tokens = MemoryParts(), Heard(), Links("key"), CountingTokens()
    limits = Limits(resets=8)
    accounts = Accounts(
        on.database, on.accounts, PlainHasher(), tokens, on.clock, on.ids, limits, heard
    )
    accounts.register(Register(email=EMAIL, password=PASSWORD, name="Ada"))
    resets = Resets(
        on.database,
        on.accounts,
        on.credential_requests,
        accounts,
        Passwords(PlainHasher(), tokens),
        Guesses(on.database, on.accounts, on.clock, limits),
        heard,
        links,
        on.clock,
        on.ids,
        limits,
    )
    return Desk(on, heard, accounts, resets, links)


def test_a_forgotten_password_is_replaced_once_and_all_sessions_end(desk: Desk) -> None:
    session = desk.log_in(PASSWORD)
    desk.resets.ask(AskReset(email="ADA@example.com"))
    assert desk.heard.told == [], "nothing is sent before a worker looks"
    assert [desk.resets.run_once(9) for _ in range(2)] == [1, 0]
    token = desk.link()
    desk.resets.choose(token, ChooseNew(new="another horse"))
    last = desk.heard.told[-1]
    assert (last["kind"], last["address"]) == ("password-changed", None)
    with pytest.raises(SessionUnknown):
        desk.accounts.authenticate(session)
    with pytest.raises(LoginFailed):
        desk.log_in(PASSWORD)
    assert desk.log_in("another horse")
    with pytest.raises(LinkUnknown):
        desk.resets.choose(token, ChooseNew(new="a third horse"))


def test_a_link_holds_half_an_hour(desk: Desk) -> None:
    desk.resets.ask(AskReset(email=EMAIL))
    desk.resets.run_once(9)
    desk.on.clock.advance(timedelta(minutes=30))
    with pytest.raises(LinkUnknown):
        desk.resets.choose(desk.link(), ChooseNew(new="another horse"))
    assert desk.log_in(PASSWORD)


def test_with_one_link_used_the_others_of_the_account_are_worth_nothing(desk: Desk) -> None:
    tokens = []
    for _ in range(2):
        desk.resets.ask(AskReset(email=EMAIL))
        desk.resets.run_once(9)
        tokens.append(desk.link())
    desk.resets.choose(tokens[1], ChooseNew(new="another horse"))
    with pytest.raises(LinkUnknown):
        desk.resets.choose(tokens[0], ChooseNew(new="a third horse"))


@pytest.mark.parametrize("token", ["", "x", "x.y", "größe.ÿ", "a" * 500])
def test_a_link_that_somebody_made_up_is_none(desk: Desk, token: str) -> None:
    for use in (
        lambda: desk.resets.choose(token, ChooseNew(new="another horse")),
        lambda: desk.resets.confirm_change(token),
    ):
        with pytest.raises(LinkUnknown):
            use()


def test_a_token_is_kept_nowhere_and_is_for_one_purpose(desk: Desk) -> None:
    desk.resets.ask(AskReset(email=EMAIL))
    desk.resets.run_once(9)
    token = desk.link()
    signature = token.rpartition(".")[2]
    assert signature not in str(desk.on.database.tables) + str(desk.heard.told)
    with pytest.raises(LinkUnknown):
        desk.resets.confirm_change(token)


def test_nobody_hears_of_an_address_that_is_not_known(desk: Desk) -> None:
    desk.resets.ask(AskReset(email="nobody@example.com"))
    assert desk.resets.run_once(9) == 1
    assert desk.heard.told == []
    assert "nobody@example.com" not in str(desk.on.database.tables)


def test_an_address_gets_five_mails_an_hour_and_an_origin_asks_so_often(desk: Desk) -> None:
    for _ in range(7):
        desk.resets.ask(AskReset(email=EMAIL), ELSEWHERE)
    desk.resets.run_once(99)
    assert len(desk.heard.told) == 5
    desk.resets.ask(AskReset(email="nobody@example.com"), ELSEWHERE)
    with pytest.raises(TooManyRequests):
        desk.resets.ask(AskReset(email="nobody@example.com"), ELSEWHERE)
    desk.on.clock.advance(timedelta(hours=1))
    desk.resets.ask(AskReset(email=EMAIL), HOME)
    desk.resets.run_once(99)
    assert len(desk.heard.told) == 6


def test_an_address_changes_when_the_new_one_confirms_it(desk: Desk) -> None:
    account = desk.accounts.authenticate(desk.log_in(PASSWORD))
    with pytest.raises(Invalid):
        desk.resets.ask_change(account, ChangeEmail(email="l@example.com", password="wrong"))
    desk.resets.ask_change(account, ChangeEmail(email="L@example.com", password=PASSWORD))
    desk.resets.run_once(9)
    assert desk.heard.told[-1]["address"] == "l@example.com"
    assert desk.log_in(PASSWORD), "nothing has changed yet"
    desk.resets.confirm_change(desk.link("email-verification"))
    last = desk.heard.told[-1]
    assert (last["kind"], last["address"], last["facts"]["to"]) == (
        "email-changed",
        EMAIL,
        "l…@example.com",
    )
    assert "request" not in last["facts"], "nothing that a link is made of"
    assert desk.log_in(PASSWORD, "l@example.com")
    with pytest.raises(LoginFailed):
        desk.log_in(PASSWORD)
    with pytest.raises(LinkUnknown):
        desk.resets.confirm_change(desk.link("email-verification"))


def test_an_address_that_is_taken_meanwhile_stays_its_holders(desk: Desk) -> None:
    account = desk.accounts.authenticate(desk.log_in(PASSWORD))
    desk.resets.ask_change(account, ChangeEmail(email="l@example.com", password=PASSWORD))
    desk.resets.run_once(9)
    desk.accounts.register(Register(email="l@example.com", password=PASSWORD, name="Lou"))
    with pytest.raises(EmailTaken):
        desk.resets.confirm_change(desk.link("email-verification"))
    assert desk.log_in(PASSWORD)


def test_a_sign_in_from_somewhere_new_is_told_but_for_the_first(desk: Desk) -> None:
    desk.log_in(PASSWORD)
    desk.log_in(PASSWORD)
    assert desk.heard.told == []
    device = desk.accounts.log_in(LogIn(email=EMAIL, password=PASSWORD), ELSEWHERE).device
    assert [one["kind"] for one in desk.heard.told] == ["new-sign-in"]
    desk.log_in(PASSWORD, origin=Origin(address="203.0.113.9", device=device))
    assert len(desk.heard.told) == 1, "the device is known"
