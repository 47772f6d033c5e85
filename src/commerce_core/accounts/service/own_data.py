"""What a shop holds of a person: all of it to read, and its end."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import attrs

from commerce_core.accounts.commands import CloseAccount
from commerce_core.accounts.errors import LoginFailed
from commerce_core.accounts.model import Account, Erasure, Origin
from commerce_core.accounts.ports import AccountRepository, CredentialRequests
from commerce_core.accounts.service.accounts import Accounts
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Conflict, Invalid, Unavailable
from commerce_core.kernel.ids import AccountId
from commerce_core.kernel.personal_data import Excerpt, PersonalData
from commerce_core.kernel.transaction import Database, Transaction

_INSIDE: Final = Origin()
#: Records of an excerpt, and of a step of an erasure.
_AT_ONCE: Final = 200
#: Steps that are made while the holder waits; the rest is for the worker.
_STEPS_WAITED_FOR: Final = 25
#: For so long whoever makes steps is left alone.
_LEASE: Final = timedelta(minutes=1)
#: So long after the first pass all is gone through again, for what was on its way meanwhile.
_AGAIN: Final = timedelta(minutes=10)
_PASSES: Final = 2


class OwnData:
    """Exports what a shop holds of a person, and erases it, *parts* by *parts*.

    An erasure begins with a first step of each part and with the account itself, whose sessions and
    address are free at once. It goes on in steps of a bounded size, each in a transaction of its
    own that notes how far it came:
    whoever dies in the middle, the next worker goes on. Ten minutes later it is done once more, for
    what requests and events wrote that were under way.

    Args:
        database: where it is kept.
        repo: of accounts, and of erasures that are not over.
        accounts: know whether a password is right.
        parts: what each capability holds.
        clock: says when it is done again.
    """

    def __init__(
        self,
        database: Database,
        repo: AccountRepository,
        accounts: Accounts,
        parts: Sequence[PersonalData],
        clock: Clock,
    ) -> None:
        self._db = database
        self._repo = repo
        self._accounts = accounts
        self._parts = parts
        self._clock = clock

    def export(self, user_id: str) -> Iterator[tuple[str, Sequence[Mapping[str, Any]]]]:
        """Everything that is known of a person, an excerpt at a time: the name of a part and some
        of its records. Each part comes up at least once, all of its excerpts one after another.
        """
        for part in self._parts:
            after: str | None = None
            while True:
                with self._db.snapshot() as tx:
                    excerpt = part.export(tx, user_id, after, _AT_ONCE)
                yield part.name, excerpt.records
                after = excerpt.after
                if after is None:
                    break

    def close(self, account: Account, command: CloseAccount, origin: Origin = _INSIDE) -> None:
        """Close an account and erase what is known of its holder.

        Raises:
            Invalid: the password is wrong.
            TooManyAttempts: too many wrong ones were given within five minutes.
            Conflict: as :meth:`erase`.
        """
        try:
            self._accounts.confirm(account, command.password, origin)
        except LoginFailed as error:
            raise Invalid.at("/password", "is not the password of this account") from error
        self.erase(account.id)

    def erase(self, user_id: str) -> None:
        """Erase what is known of a person, who may be known by another system. It holds from the
        moment on in which this returns: what is left of a long history goes a little later.
        Idempotent.

        Raises:
            Conflict: something that needs it is under way; nothing was erased.
        """
        now = self._clock.now()
        erasure = Erasure(account_id=AccountId(user_id), due_at=now + _LEASE)
        with self._db.begin() as tx:
            if obstacle := self._obstacle(tx, user_id):
                raise obstacle
            for part in self._parts:  # which may read the account for the last time
                part.erase(tx, user_id, None, _AT_ONCE)
            self._repo.end(tx, erasure)
            tx.commit()
        with suppress(Unavailable):  # it is noted: the worker goes on
            self._go_on(erasure, _STEPS_WAITED_FOR)

    def run_once(self, limit: int) -> int:
        """Go on with an erasure that is due, up to *limit* steps; how many were made."""
        erasure = self._claimed()
        return self._go_on(erasure, limit) if erasure else 0

    def overdue(self) -> timedelta:
        """For how long the erasure that waits longest has been due."""
        now = self._clock.now()
        with self._db.snapshot() as tx:
            found = self._repo.due_erasures(tx, now, 1)
        return now - found[0].due_at if found else timedelta()

    def _go_on(self, erasure: Erasure, limit: int) -> int:
        """Make up to *limit* steps of a pass; how many. Whoever comes next may go on at once."""
        passes = erasure.passes
        for made in range(limit):
            following = self._step(erasure)
            if following is None or following.passes != passes:
                return made + 1
            erasure = following
        with self._db.begin() as tx:
            self._repo.save_erasure(tx, attrs.evolve(erasure, due_at=self._clock.now()))
            tx.commit()
        return limit

    def _claimed(self) -> Erasure | None:
        """An erasure that is due, for as long as steps are made of it; one that something keeps
        from going on is put off.
        """
        now = self._clock.now()
        with self._db.begin() as tx:
            for erasure in self._repo.due_erasures(tx, now, 1):
                claimed = attrs.evolve(erasure, due_at=now + _LEASE)
                self._repo.save_erasure(tx, claimed)
                held_up = self._obstacle(tx, erasure.account_id) is not None
                tx.commit()
                return None if held_up else claimed
        return None

    def _step(self, erasure: Erasure) -> Erasure | None:
        """Blank the next records; what is to be done then, ``None``: nothing now."""
        if erasure.passes == _PASSES:
            self._finish(erasure)
            return None
        part = self._parts[erasure.part]
        with self._db.begin() as tx:
            after = part.erase(tx, erasure.account_id, erasure.after, _AT_ONCE)
            following = self._following(erasure, after)
            self._repo.save_erasure(tx, following)
            tx.commit()
        if following.passes != erasure.passes:
            self._db.discard_log()
        return following

    def _finish(self, erasure: Erasure) -> None:
        """End an erasure, if the database's log can be emptied; else somebody tries it again."""
        if self._db.discard_log():
            with self._db.begin() as tx:
                self._repo.drop_erasure(tx, erasure.account_id)
                tx.commit()

    def _following(self, erasure: Erasure, after: str | None) -> Erasure:
        now = self._clock.now()
        if after is not None:
            return attrs.evolve(erasure, after=after, due_at=now + _LEASE)
        if erasure.part + 1 < len(self._parts):
            return attrs.evolve(erasure, part=erasure.part + 1, after=None, due_at=now + _LEASE)
        passes = erasure.passes + 1
        due_at = now + _AGAIN if passes < _PASSES else now
        return attrs.evolve(erasure, passes=passes, part=0, after=None, due_at=due_at)

    def _obstacle(self, tx: Transaction, user_id: str) -> Conflict | None:
        found = (part.obstacle(tx, user_id) for part in self._parts)
        return next((obstacle for obstacle in found if obstacle is not None), None)


class AccountData(PersonalData):
    """The account itself, its sessions, links that were sent to its holder, and where that one is
    known to log in from. The account goes first of all, when an erasure begins.
    """

    def __init__(self, repo: AccountRepository, requests: CredentialRequests) -> None:
        self._repo = repo
        self._requests = requests

    @property
    def name(self) -> str:
        return "accounts"

    def export(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> Excerpt:
        account = self._repo.load(tx, [AccountId(user_id)]).get(AccountId(user_id))
        return Excerpt(records=[_record(account)] if account else [])

    def obstacle(self, tx: Transaction, user_id: str) -> Conflict | None:
        return None

    def erase(self, tx: Transaction, user_id: str, after: str | None, limit: int) -> str | None:
        account_id = AccountId(user_id)
        self._requests.forget_of(tx, account_id)
        return "more" if self._repo.forget_traces(tx, account_id, limit) else None


def _record(account: Account) -> Mapping[str, Any]:
    return {
        "accountId": account.id,
        "email": account.email,
        "name": account.name,
        "locale": account.locale,
        "role": account.role.value,
        "address": attrs.asdict(account.address) if account.address else None,
        "personalised": account.personalised,
        "createdAt": account.created_at.isoformat(),
    }
