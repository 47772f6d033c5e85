"""Guessing passwords, side by side."""

from datetime import timedelta

import pytest

from commerce_core.accounts import (
    Limits,
    LogIn,
    LoginFailed,
    Origin,
    PasswordHasher,
    Register,
    TooManyAttempts,
    TooManyRequests,
)
from commerce_core.accounts.service import Accounts
from commerce_core.kernel.batching import Overloaded
from commerce_testkit.memory.passwords import CountingTokens, PlainHasher
from commerce_testkit.memory.shop import MemoryParts

GUESS = LogIn(email="ada@example.com", password="a wrong guess")


class Meanwhile(PasswordHasher):
    """A hasher that takes so long that *guesses* more are made before it answers."""

    def __init__(self, guesses: int) -> None:
        self.left = guesses
        self.accounts: Accounts | None = None
        self._plain = PlainHasher()

    def hash(self, password: str) -> str:
        return self._plain.hash(password)

    def verify(self, password_hash: str, password: str) -> bool:
        if self.left:
            self.left -= 1
            assert self.accounts is not None
            with pytest.raises(LoginFailed):
                self.accounts.log_in(GUESS)
        return self._plain.verify(password_hash, password)


def test_guesses_made_side_by_side_are_all_counted() -> None:
    on, hasher = MemoryParts(), Meanwhile(4)
    accounts = hasher.accounts = Accounts(
        on.database, on.accounts, hasher, CountingTokens(), on.clock, on.ids
    )
    with pytest.raises(LoginFailed):
        accounts.log_in(GUESS)
    with pytest.raises(TooManyAttempts):
        accounts.log_in(GUESS)


HOME, ELSEWHERE = Origin(address="192.0.2.1"), Origin(address="198.51.100.7")
RIGHT = LogIn(email="ada@example.com", password="correct horse")


@pytest.fixture
def on() -> MemoryParts:
    return MemoryParts()


@pytest.fixture
def accounts(on: MemoryParts) -> Accounts:
    """Ada has an account."""
    limits = Limits(guesses=5, guessed_accounts=4, log_ins=30, registrations=3, guest_carts=2)
    made = Accounts(
        on.database, on.accounts, PlainHasher(), CountingTokens(), on.clock, on.ids, limits
    )
    made.register(
        Register(email="ada@example.com", password="correct horse", name="Ada"),
        Origin(address="203.0.113.1"),
    )
    return made


def guess(
    accounts: Accounts, origin: Origin, times: int = 1, email: str = "ada@example.com"
) -> None:
    for _ in range(times):
        with pytest.raises(LoginFailed):
            accounts.log_in(LogIn(email=email, password="wrong horse"), origin)


def test_39_what_is_guessed_elsewhere_keeps_no_holder_out(accounts: Accounts) -> None:
    for n in range(40):
        guess(accounts, Origin(address=f"198.51.100.{n}"), 5)
    assert accounts.log_in(RIGHT, HOME).account.name == "Ada"
    with pytest.raises(TooManyAttempts):
        accounts.log_in(RIGHT, Origin(address="198.51.100.7"))


def test_39_who_guesses_at_many_accounts_is_noticed(accounts: Accounts) -> None:
    for n in range(4):
        guess(accounts, ELSEWHERE, 1, f"somebody{n}@example.com")
    for email in ("somebody4@example.com", "ada@example.com"):
        with pytest.raises(TooManyAttempts) as refused:
            accounts.log_in(LogIn(email=email, password="correct horse"), ELSEWHERE)
        assert 0 < refused.value.retry_after <= 301
    guess(accounts, HOME)


def test_39_a_known_address_is_not_kept_out_by_guesses_at_other_accounts(
    accounts: Accounts,
) -> None:
    accounts.log_in(RIGHT, ELSEWHERE)
    for n in range(4):
        guess(accounts, ELSEWHERE, 1, f"somebody{n}@example.com")
    assert accounts.log_in(RIGHT, ELSEWHERE).account.name == "Ada"
    guess(accounts, ELSEWHERE, 5)
    with pytest.raises(TooManyAttempts):
        accounts.log_in(RIGHT, ELSEWHERE)


def test_39_a_known_device_gets_in_from_an_address_that_others_guess_from(
    accounts: Accounts,
) -> None:
    device = accounts.log_in(RIGHT, HOME).device
    guess(accounts, ELSEWHERE, 5)
    known = Origin(address=ELSEWHERE.address, device=device)
    assert accounts.log_in(RIGHT, known).device == device
    guess(accounts, known, 5)
    with pytest.raises(TooManyAttempts):
        accounts.log_in(RIGHT, known)


def test_a_device_that_somebody_made_up_is_none(accounts: Accounts) -> None:
    guess(accounts, ELSEWHERE, 5)
    made_up = Origin(address=ELSEWHERE.address, device="made up by somebody")
    with pytest.raises(TooManyAttempts):
        accounts.log_in(RIGHT, made_up)
    assert (
        accounts.log_in(RIGHT, Origin(address=HOME.address, device=made_up.device)).device
        != made_up.device
    )


def test_a_right_password_is_no_guess(accounts: Accounts) -> None:
    for _ in range(12):
        guess(accounts, HOME, 4)
        accounts.log_in(RIGHT, HOME)
        accounts._clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]


def test_right_passwords_of_one_account_are_all_let_in_at_once(on: MemoryParts) -> None:
    accounts = Accounts(on.database, on.accounts, PlainHasher(), CountingTokens(), on.clock, on.ids)
    accounts.register(Register(email="ada@example.com", password="correct horse", name="Ada"))
    waits: list[int] = []

    def pause(turn: int) -> None:  # while one waits, those before it are looked at
        waits.append(turn)
        with on.database.begin() as tx:
            on.accounts.take_back(tx, list(on.database.tables["attempt"]))
            tx.commit()

    on.database.pause = pause  # type: ignore[method-assign]
    guesses = accounts._guesses
    with on.database.snapshot() as tx:
        account = accounts._of(tx, "ada@example.com")
        beside = [guesses.of(tx, "ada@example.com", account, Origin()) for _ in range(5)]
    for one in beside:
        guesses._begin(one)
    assert accounts.log_in(RIGHT).account.name == "Ada"
    assert waits == [1]


def test_a_guess_that_was_not_checked_does_not_count(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: object, *__: object) -> bool:
        raise Overloaded("too many")

    with monkeypatch.context() as patched:
        patched.setattr(PlainHasher, "verify", busy)
        for _ in range(8):
            with pytest.raises(Overloaded):
                accounts.log_in(RIGHT, HOME)
    assert accounts.log_in(RIGHT, HOME).account.name == "Ada"


def test_39_one_origin_registers_begins_carts_and_logs_in_so_often_in_a_minute(
    accounts: Accounts,
) -> None:
    for n in range(3):
        accounts.register(
            Register(email=f"n{n}@example.com", password="correct horse", name="N"), HOME
        )
    for _ in range(2):
        accounts.admit_guest(HOME)
    for _ in range(30):
        accounts.log_in(RIGHT, HOME)
    for refused in (
        lambda: accounts.register(
            Register(email="n9@example.com", password="correct horse", name="N"), HOME
        ),
        lambda: accounts.admit_guest(HOME),
        lambda: accounts.log_in(RIGHT, HOME),
    ):
        with pytest.raises(TooManyRequests) as error:
            refused()
        assert 0 < error.value.retry_after <= 61
    accounts.admit_guest(ELSEWHERE)
    accounts._clock.advance(timedelta(minutes=1))  # type: ignore[attr-defined]
    accounts.admit_guest(HOME)
    accounts.log_in(RIGHT, HOME)


def test_who_calls_within_the_process_is_limited_by_account_alone(accounts: Accounts) -> None:
    for n in range(10):
        accounts.register(Register(email=f"n{n}@example.com", password="correct horse", name="N"))
        with pytest.raises(LoginFailed):
            accounts.log_in(LogIn(email=f"somebody{n}@example.com", password="wrong horse"))
    for _ in range(40):
        accounts.log_in(RIGHT)
    for _ in range(5):
        with pytest.raises(LoginFailed):
            accounts.log_in(GUESS)
    with pytest.raises(TooManyAttempts):
        accounts.log_in(RIGHT)
