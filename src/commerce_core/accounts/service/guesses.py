"""Who may try passwords: what was guessed where is counted before a password is looked at."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from typing import Final

import attrs

from commerce_core.accounts.errors import LoginFailed, TooManyAttempts, TooManyRequests
from commerce_core.accounts.model import Account, Attempts, Limits, Origin
from commerce_core.accounts.ports import AccountRepository
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.transaction import Database, Transaction

_GUESSES_COUNT_FOR: Final = timedelta(minutes=5)
_REQUESTS_COUNT_FOR: Final = timedelta(minutes=1)
#: How often a log-in waits for others that are being checked, a little longer each time.
_WAITS: Final = 8


@attrs.frozen
class Guess:
    """By what a try is counted: account and origin, origin over accounts (``None``: the account is
    known there), and origin alone (``None``: it comes from within the process).

    ``device`` is the secret that was shown, if the account is known by it. ``is_new``: the account
    was used before, and never from there.
    """

    at_account: str
    device: str | None
    from_origin: str | None
    log_ins: str | None
    is_new: bool = False

    @property
    def counted(self) -> Collection[str]:
        """What wrong passwords are counted by."""
        return [key for key in (self.at_account, self.from_origin) if key]

    @property
    def under_way(self) -> Collection[str]:
        """What is counted while the password is looked at."""
        return [_under_way(key) for key in self.counted]


class Guesses:
    """Counts wrong passwords by account and origin, and by origin over accounts.

    Nobody is kept out by what others try from elsewhere. A device that the account is known by is
    an origin of its own, and neither it nor an address that the account is known by is kept out by
    guesses at other accounts. What is being looked at counts as if it were wrong until it is known
    to be right: whoever comes too many waits for that and is not refused for what turns out right.
    """

    def __init__(
        self, database: Database, repo: AccountRepository, clock: Clock, limits: Limits
    ) -> None:
        self._db = database
        self._repo = repo
        self._clock = clock
        self._limits = limits

    def try_one(self, guess: Guess, is_right: Callable[[], bool]) -> None:
        """Let *guess* be made by *is_right*, which looks at the password. Where it is right, the
        caller says so by :meth:`succeeded`.

        Raises:
            LoginFailed: it is wrong.
            TooManyAttempts: too many were within five minutes, or are being made now.
            TooManyRequests: too many log-ins came from this origin.
        """
        self._begin(guess)
        try:
            right = is_right()
        except BaseException:  # nothing was looked at
            self._end(guess, wrong=False)
            raise
        if not right:
            self._end(guess, wrong=True)
            raise LoginFailed("the address or the password is wrong")

    def of(self, tx: Transaction, email: str, account: Account | None, origin: Origin) -> Guess:
        """What a try at the account of *email* is counted by. Whoever is kept out already is
        refused here, and nothing is written.

        Raises:
            TooManyAttempts, TooManyRequests: see :meth:`try_one`.
        """
        address, device = mark("address", origin.address), mark("device", origin.device or "")
        known = self._repo.known_marks(tx, account.id, [address, device]) if account else ()
        guess = Guess(
            at_account=mark("guess", email, device if device in known else address),
            device=origin.device if device in known else None,
            from_origin=mark("guesses", origin.address) if origin.address and not known else None,
            log_ins=mark("log-in", origin.address) if origin.address else None,
            is_new=account is not None and not known and self._repo.has_marks(tx, account.id),
        )
        keys = [*guess.counted, *filter(None, [guess.log_ins])]
        counted = self._repo.attempts(tx, keys, self._clock.now())
        if refusal := self._refusal(guess, counted, own_log_in=0):
            raise refusal
        return guess

    def succeeded(self, tx: Transaction, guess: Guess) -> None:
        """Count wrong passwords for the account from none again: its holder is in."""
        self._repo.take_back(tx, guess.under_way)
        self._repo.forget_attempts(tx, [guess.at_account])

    def admit(self, what: str, origin: Origin, most: int) -> None:
        """Count *what* is done from *origin*, which may do it *most* times in a minute.

        Raises:
            TooManyRequests: it did.
        """
        if not origin.address:
            return
        key, now = mark(what, origin.address), self._clock.now()
        with self._db.snapshot() as tx:
            counted = self._repo.attempts(tx, [key], now)
        if key not in counted or counted[key].count < most:
            with self._db.begin() as tx:
                counted = self._repo.count_attempts(tx, {key: now + _REQUESTS_COUNT_FOR}, now)
                tx.commit()
            if counted[key].count <= most:
                return
        raise TooManyRequests(self._seconds(counted[key]))

    def _begin(self, guess: Guess) -> None:
        for turn in range(1, _WAITS + 1):
            if self._takes_its_turn(guess, is_first=turn == 1):
                return
            self._db.pause(turn)
        raise TooManyAttempts(1)

    def _takes_its_turn(self, guess: Guess, *, is_first: bool) -> bool:
        """Whether no more are looked at beside this one than may be wrong: all are counted before
        any is looked at.
        """
        now = self._clock.now()
        until = dict.fromkeys(guess.under_way, now + _GUESSES_COUNT_FOR)
        if guess.log_ins and is_first:
            until[guess.log_ins] = now + _REQUESTS_COUNT_FOR
        with self._db.begin() as tx:
            # In this order: one that ends between the two is counted twice, and not left out.
            begun = self._repo.count_attempts(tx, until, now)
            counted = {**begun, **self._repo.attempts(tx, guess.counted, now)}
            refusal = self._refusal(guess, counted, own_log_in=1)
            in_turn = refusal is None and all(
                _count(counted, key) + _count(counted, _under_way(key)) <= most
                for key, most in self._bounds(guess)
            )
            if not in_turn:
                self._repo.take_back(tx, guess.under_way)
            tx.commit()
        if refusal:
            raise refusal
        return in_turn

    def _end(self, guess: Guess, *, wrong: bool) -> None:
        now = self._clock.now()
        with self._db.begin() as tx:
            self._repo.take_back(tx, guess.under_way)
            if wrong:
                until = now + _GUESSES_COUNT_FOR
                counted = self._repo.count_attempts(tx, {guess.at_account: until}, now)
                if guess.from_origin and counted[guess.at_account].count == 1:
                    self._repo.count_attempts(tx, {guess.from_origin: until}, now)
            tx.commit()

    def _bounds(self, guess: Guess) -> Iterator[tuple[str, int]]:
        yield guess.at_account, self._limits.guesses
        if guess.from_origin:
            yield guess.from_origin, self._limits.guessed_accounts

    def _refusal(
        self, guess: Guess, counted: Mapping[str, Attempts], *, own_log_in: int
    ) -> TooManyAttempts | TooManyRequests | None:
        """What is beyond a limit; *own_log_in* of the log-ins is this one."""
        for key, most in self._bounds(guess):
            if _count(counted, key) >= most:
                return TooManyAttempts(self._seconds(counted[key]))
        if (key := guess.log_ins or "") and (
            _count(counted, key) >= self._limits.log_ins + own_log_in
        ):
            return TooManyRequests(self._seconds(counted[key]))
        return None

    def _seconds(self, attempts: Attempts) -> int:
        return int((attempts.until - self._clock.now()).total_seconds()) + 1


def mark(*parts: str) -> str:
    """The digest under which a value is counted or known: the table does not reveal the value."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _under_way(key: str) -> str:
    return mark("under way", key)


def _count(counted: Mapping[str, Attempts], key: str) -> int:
    return counted[key].count if key in counted else 0
