"""Accounts: who may log in, for how long, and how often one may guess."""

from datetime import timedelta
from typing import Any
from unicodedata import normalize

import attrs
import pytest

from commerce_core.accounts import (
    AccountNotFound,
    ChangeAccount,
    EmailTaken,
    LoggedIn,
    LogIn,
    LoginFailed,
    Register,
    Role,
    SessionUnknown,
    TooManyAttempts,
)
from commerce_core.accounts.service import digest_of
from commerce_core.kernel.codec import reader
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import AccountId
from commerce_testkit.memory.passwords import PlainHasher
from commerce_testkit.memory.shop import MemoryShop
from tests.unit.people import address

PASSWORD = "correct horse"


@pytest.fixture
def shop(shop: MemoryShop) -> MemoryShop:
    """A shop that Ada has an account in."""
    shop.accounts.register(Register(email="Ada@Example.org", password=PASSWORD, name=" Ada "))
    return shop


def log_in(shop: MemoryShop, password: str = PASSWORD, email: str = "ada@example.org") -> LoggedIn:
    return shop.accounts.log_in(LogIn(email=email, password=password))


def fail(shop: MemoryShop, times: int, email: str = "ada@example.org") -> None:
    for _ in range(times):
        with pytest.raises(LoginFailed):
            log_in(shop, "wrong horse", email)


def test_an_account_is_known_by_its_address_in_whatever_case(shop: MemoryShop) -> None:
    account = log_in(shop, email="ADA@example.ORG").account
    assert (account.email, account.name, account.role) == ("ada@example.org", "Ada", Role.BUYER)
    with pytest.raises(EmailTaken):
        shop.accounts.register(Register(email="ADA@EXAMPLE.ORG", password=PASSWORD, name="x"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "x"), ("email", "a@b"), ("email", "a b@c.d"), ("email", "a@" + "b" * 251 + ".d"),
        ("email", "a@b@c.d"), ("email", "a\x07@b.c"),
        ("password", "short"), ("password", "x" * 201), ("name", "  "), ("role", "operator"),
        ("role", "admin"),
    ],
)  # fmt: skip
def test_what_no_account_can_have_is_refused_by_name(field: str, value: str) -> None:
    data = {"email": "a@b.c", "password": PASSWORD, "name": "n", field: value}
    with pytest.raises(Invalid) as error:
        reader("USD").read(data, Register)
    assert [p.pointer for p in error.value.problems] == [f"/{field}"]


@pytest.mark.parametrize("field", ["isOperator", "id", "passwordHash", "version"])
def test_32_nobody_sets_what_is_not_theirs(field: str) -> None:
    data = {"email": "a@b.c", "password": PASSWORD, "name": "n", field: "x"}
    with pytest.raises(Invalid, match="is not known here"):
        reader("USD").read(data, Register)


def test_neither_password_nor_token_is_kept_or_shown(shop: MemoryShop) -> None:
    logged_in = log_in(shop)
    kept = repr(shop.parts.database.tables)
    for secret in (PASSWORD, logged_in.token):
        assert secret not in kept
        assert secret not in repr(logged_in)
        assert secret not in repr(LogIn(email="a@b.c", password=secret))
    assert digest_of(logged_in.token) in kept


def test_a_session_holds_thirty_days_and_not_longer(shop: MemoryShop) -> None:
    token = log_in(shop).token
    shop.clock.advance(timedelta(days=30, seconds=-1))
    assert shop.accounts.authenticate(token).email == "ada@example.org"
    shop.clock.advance(timedelta(seconds=1))
    with pytest.raises(SessionUnknown):
        shop.accounts.authenticate(token)


def test_a_session_is_over_the_moment_it_is_logged_out_and_no_other_one(shop: MemoryShop) -> None:
    one, two = log_in(shop).token, log_in(shop).token
    for _ in range(2):
        shop.accounts.log_out(one)
    with pytest.raises(SessionUnknown):
        shop.accounts.authenticate(one)
    assert shop.accounts.authenticate(two).name == "Ada"


@pytest.mark.parametrize("token", ["", "x", "token-1", "é"])
def test_a_token_of_nobody_is_unknown(shop: MemoryShop, token: str) -> None:
    with pytest.raises(SessionUnknown):
        shop.accounts.authenticate(token)


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_after_five_failures_even_the_right_password_is_not_checked(
    shop: MemoryShop, email: str
) -> None:
    fail(shop, 5, email)
    with pytest.raises(TooManyAttempts) as refusal:
        log_in(shop, email=email)
    assert refusal.value.retry_after == 301
    shop.clock.advance(timedelta(minutes=5))
    if email == "ada@example.org":
        assert log_in(shop).account.name == "Ada"
    else:
        fail(shop, 1, email)


def test_success_forgets_failures_and_so_does_time(shop: MemoryShop) -> None:
    fail(shop, 4)
    log_in(shop)
    fail(shop, 4)
    shop.clock.advance(timedelta(minutes=5, seconds=1))
    fail(shop, 4)
    assert log_in(shop).account.name == "Ada"


def test_one_address_locked_locks_no_other(shop: MemoryShop) -> None:
    fail(shop, 5, "bob@example.org")
    assert log_in(shop).account.name == "Ada"


def test_an_address_that_nobody_has_costs_as_much_as_a_wrong_password(shop: MemoryShop) -> None:
    calls: list[str] = []
    hasher = shop.accounts._passwords._hasher
    verify = hasher.verify
    hasher.verify = lambda hashed, password: (  # type: ignore[method-assign]
        calls.append(hashed) or verify(hashed, password)  # type: ignore[func-returns-value]
    )
    fail(shop, 1)
    fail(shop, 1, "nobody@example.org")
    assert len(calls) == 2


@pytest.mark.parametrize(
    ("change", "name", "country"),
    [
        ({}, "Ada", "DE"),
        ({"name": " Eve "}, "Eve", "DE"),
        ({"address": None}, "Ada", None),
        ({"address": address("FR")}, "Ada", "FR"),
    ],
)
def test_what_is_not_mentioned_stays(
    shop: MemoryShop, change: dict[str, Any], name: str, country: str | None
) -> None:
    account = log_in(shop).account
    before = shop.accounts.change(account.id, ChangeAccount(address=address("DE")))
    after = shop.accounts.change(account.id, ChangeAccount(**change))
    assert (after.name, after.address and after.address.country) == (name, country)
    assert after.version == before.version + bool(change)


def test_an_operator_is_made_by_a_grant_and_at_once(shop: MemoryShop) -> None:
    token = log_in(shop).token
    shop.accounts.grant("ADA@example.org", Role.OPERATOR)
    assert shop.accounts.authenticate(token).role is Role.OPERATOR
    version = shop.accounts.by_email("ada@example.org").version
    assert shop.accounts.grant("ada@example.org", Role.OPERATOR).version == version
    for act in (
        lambda: shop.accounts.grant("x@y.z", Role.SELLER),
        lambda: shop.accounts.by_email("x@y.z"),
    ):
        with pytest.raises(AccountNotFound):
            act()


COMPOSED, APART = "zo\u00eb@example.org", "zoe\u0308@example.org"
SECRET = "cr\u00e8me br\u00fbl\u00e9e"


@pytest.mark.parametrize("kept", [COMPOSED, APART, f" {APART.upper()} "])
@pytest.mark.parametrize("typed", [COMPOSED, APART, COMPOSED.upper(), f"{APART}\u00a0"])
def test_an_address_is_known_in_every_way_to_write_its_letters(
    shop: MemoryShop, kept: str, typed: str
) -> None:
    account = shop.accounts.register(Register(email=kept, password=PASSWORD, name="Zoe\u0308 "))
    assert (account.email, account.name) == (COMPOSED, "Zo\u00eb")
    assert log_in(shop, email=typed).account == account == shop.accounts.by_email(typed)
    with pytest.raises(EmailTaken):
        shop.accounts.register(Register(email=typed, password=PASSWORD, name="x"))


def test_a_password_is_right_in_every_way_to_write_its_letters(shop: MemoryShop) -> None:
    for number, kept in enumerate((SECRET, normalize("NFD", SECRET))):
        email = f"bob{number}@example.org"
        shop.accounts.register(Register(email=email, password=kept, name="Bob"))
        for typed in (SECRET, normalize("NFD", SECRET)):
            assert log_in(shop, typed, email).account.email == email
        with pytest.raises(LoginFailed):
            log_in(shop, "creme brulee", email)


def test_accounts_that_were_kept_as_they_were_typed_still_open(shop: MemoryShop) -> None:
    account = log_in(shop).account
    for number, kept in enumerate((SECRET, normalize("NFD", SECRET))):
        hashed = PlainHasher().hash(kept)
        older = attrs.evolve(
            account, id=AccountId(f"older-{number}"), email=f"{number}{APART}", password_hash=hashed
        )
        with shop.parts.database.begin() as tx:
            shop.parts.accounts.insert(tx, [older])
            tx.commit()
        for typed in (SECRET, normalize("NFD", SECRET)):
            assert log_in(shop, typed, f"{number}{COMPOSED}").account == older


def operator_at_a_browser(shop: MemoryShop) -> LoggedIn:
    """An operator who has just logged in at a browser."""
    shop.accounts.grant("ada@example.org", Role.OPERATOR)
    session = log_in(shop)
    shop.credentials.stay(session.account, session.token)
    return session


def test_an_operator_who_is_away_for_half_an_hour_is_logged_out(shop: MemoryShop) -> None:
    session = operator_at_a_browser(shop)
    for _ in range(3):
        shop.clock.advance(timedelta(minutes=29))
        assert shop.accounts.authenticate(session.token) == session.account
        shop.credentials.stay(session.account, session.token)
    shop.clock.advance(timedelta(minutes=30))
    with pytest.raises(SessionUnknown):
        shop.accounts.authenticate(session.token)


def test_an_operator_is_logged_out_twelve_hours_after_logging_in(shop: MemoryShop) -> None:
    session = operator_at_a_browser(shop)
    for _ in range(12 * 3 - 1):
        shop.clock.advance(timedelta(minutes=20))
        shop.accounts.authenticate(session.token)
        shop.credentials.stay(session.account, session.token)
    shop.clock.advance(timedelta(minutes=20))
    with pytest.raises(SessionUnknown):
        shop.accounts.authenticate(session.token)


def test_what_has_ended_is_not_kept_and_nobody_elses_session_is_shortened(
    shop: MemoryShop,
) -> None:
    session = log_in(shop)
    shop.credentials.stay(session.account, session.token)
    shop.clock.advance(timedelta(days=29))
    assert shop.accounts.authenticate(session.token) == session.account
    operator = operator_at_a_browser(shop)
    shop.accounts.log_out(operator.token)
    shop.credentials.stay(operator.account, operator.token)
    with pytest.raises(SessionUnknown):
        shop.accounts.authenticate(operator.token)
