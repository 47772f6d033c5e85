"""Passwords that were forgotten, and e-mail addresses that change: links that are sent by mail."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import attrs

from commerce_core.accounts.commands import AskReset, ChangeEmail, ChooseNew
from commerce_core.accounts.errors import LinkUnknown, LoginFailed
from commerce_core.accounts.model import (
    Account,
    CredentialRequest,
    Limits,
    Origin,
    RequestKind,
)
from commerce_core.accounts.ports import AccountRepository, CredentialRequests
from commerce_core.accounts.service.accounts import Accounts
from commerce_core.accounts.service.guesses import Guesses, mark
from commerce_core.accounts.service.passwords import Passwords, address_key
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.errors import Invalid, StaleVersion
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.notifier import Notifier
from commerce_core.kernel.signed_ids import SignedIds
from commerce_core.kernel.text import normalized
from commerce_core.kernel.transaction import Database, Transaction

_INSIDE: Final = Origin()
_COUNTED_FOR: Final = timedelta(hours=1)
#: Mails that one address gets within that time, whoever asks for them.
_MAILS: Final = 5
_HOLD: Final[Mapping[RequestKind, timedelta]] = {
    RequestKind.PASSWORD_RESET: timedelta(minutes=30),
    RequestKind.EMAIL_CHANGE: timedelta(hours=24),
}
_REQUEST: Final = "request"
_EMAIL_CHANGED: Final = "email-changed"


class Links:
    """The links of requests. A token is a function of the request's id: it is neither stored nor
    told to anybody but the one who reads the mail.
    """

    def __init__(self, key: str) -> None:
        self._of = {kind: SignedIds(key, kind.value) for kind in RequestKind}

    def reset_path(self, facts: Mapping[str, Any]) -> str:
        """Where a new password is chosen."""
        return f"/password-resets/{self.token(RequestKind.PASSWORD_RESET, facts[_REQUEST])}"

    def change_path(self, facts: Mapping[str, Any]) -> str:
        """Where an address is confirmed."""
        return f"/email-changes/{self.token(RequestKind.EMAIL_CHANGE, facts[_REQUEST])}"

    def token(self, kind: RequestKind, request_id: str) -> str:
        """The token of a request."""
        return self._of[kind].token(request_id)

    def request_of(self, kind: RequestKind, token: str) -> str:
        """The id of the request that *token* is of.

        Raises:
            LinkUnknown: it is none of ours.
        """
        if (found := self._of[kind].id_of(token)) is None:
            raise LinkUnknown("the link is not known, or was used")
        return found


class Resets:
    """Takes requests, sends their links, and does what was asked for once a link is shown.

    Whether an address is known is not looked at when a reset is asked for: the request is written
    down, whoever's it is, and a worker looks it up. So both take the same work.

    Args:
        database: where requests are kept.
        repo: of accounts.
        requests: those that are not over.
        accounts: know whether a password is right.
        passwords: hashes them.
        guesses: counts who asks how often.
        notifier: has mails sent.
        links: makes and reads tokens.
        clock: says when a request runs out.
        ids: name requests.
        limits: say how often an origin may ask.
    """

    def __init__(
        self,
        database: Database,
        repo: AccountRepository,
        requests: CredentialRequests,
        accounts: Accounts,
        passwords: Passwords,
        guesses: Guesses,
        notifier: Notifier,
        links: Links,
        clock: Clock,
        ids: IdFactory,
        limits: Limits,
    ) -> None:
        self._db = database
        self._repo = repo
        self._requests = requests
        self._accounts = accounts
        self._passwords = passwords
        self._guesses = guesses
        self._notifier = notifier
        self._links = links
        self._clock = clock
        self._ids = ids
        self._limits = limits

    def ask(self, command: AskReset, origin: Origin = _INSIDE) -> None:
        """Ask for a link by which a new password is chosen. Nobody learns from it whether there is
        such an account, and beyond five requests within an hour no more mails go to an address.

        Raises:
            TooManyRequests: too many were made from this origin.
        """
        self._guesses.admit("reset", origin, self._limits.resets)
        email = address_key(command.email)
        self._keep(self._request(RequestKind.PASSWORD_RESET, email=email))

    def ask_change(self, account: Account, command: ChangeEmail, origin: Origin = _INSIDE) -> None:
        """Ask for another e-mail address, which gets a link; until that is used all stays as it is.

        Raises:
            Invalid: the password is wrong.
            TooManyAttempts: too many wrong ones were given within five minutes.
            TooManyRequests: too many were made from this origin.
        """
        self._guesses.admit("reset", origin, self._limits.resets)
        try:
            self._accounts.confirm(account, command.password, origin)
        except LoginFailed as error:
            raise Invalid.at("/password", "is not the password of this account") from error
        email = address_key(command.email)
        self._keep(self._request(RequestKind.EMAIL_CHANGE, email=email, account_id=account.id))

    def run_once(self, limit: int) -> int:
        """Have the links of up to *limit* new requests sent; how many requests there were."""
        with self._db.snapshot() as tx:
            if not self._requests.asked(tx, 1):
                return 0
        with self._db.begin() as tx:
            asked = self._requests.asked(tx, limit)
            for request in asked:
                self._send(tx, request)
            tx.commit()
        return len(asked)

    def choose(self, token: str, command: ChooseNew, origin: Origin = _INSIDE) -> None:
        """Choose a new password by a link, once. All sessions of the account end.

        Raises:
            LinkUnknown: the link is not known, was used, or has run out.
            TooManyRequests: too many were made from this origin.
            Overloaded: too many passwords are being hashed.
        """
        self._guesses.admit("reset", origin, self._limits.resets)
        request_id = self._links.request_of(RequestKind.PASSWORD_RESET, token)
        with self._db.snapshot() as tx:
            self._of(tx, self._requests.load(tx, request_id))
        kept = self._passwords.hash(command.new)
        with self._db.begin() as tx:
            account = self._of(tx, self._requests.take(tx, request_id))
            self._accounts.replace_password(tx, account, kept)
            self._repo.close_sessions(tx, account.id, but=None)
            self._requests.forget_of(tx, account.id)
            tx.commit()

    def confirm_change(self, token: str, origin: Origin = _INSIDE) -> None:
        """Let an account have the address that a link was sent to, once, and let the address
        before it know.

        Raises:
            LinkUnknown: the link is not known, was used, or has run out.
            EmailTaken: another account has the address.
            StaleVersion: the account was changed meanwhile.
            TooManyRequests: too many were made from this origin.
        """
        self._guesses.admit("reset", origin, self._limits.resets)
        request_id = self._links.request_of(RequestKind.EMAIL_CHANGE, token)
        with self._db.begin() as tx:
            request = self._requests.take(tx, request_id)
            account = self._of(tx, request)
            changed = attrs.evolve(
                account, email=request.email if request else "", version=account.version + 1
            )
            if not self._repo.update(tx, changed):
                raise StaleVersion("the account was changed meanwhile")
            self._let_know(tx, account, changed)
            tx.commit()

    def _let_know(self, tx: Transaction, before: Account, after: Account) -> None:
        """Write to the address that an account had *before*. It is not shown the new one whole: a
        stranger may read there by now.
        """
        local, _, host = after.email.rpartition("@")
        facts = {"to": f"{local[:1]}…@{host}", "at": self._clock.now().isoformat()}
        self._notifier.notify(
            tx, _EMAIL_CHANGED, self._ids.new(), before.id, facts, address=before.email
        )

    def _request(self, kind: RequestKind, **fields: Any) -> CredentialRequest:
        now = self._clock.now()
        return CredentialRequest(
            id=self._ids.new(), kind=kind, created_at=now, expires_at=now + _HOLD[kind], **fields
        )

    def _keep(self, request: CredentialRequest) -> None:
        key, now = mark(request.kind, request.email), self._clock.now()
        with self._db.begin() as tx:
            counted = self._repo.count_attempts(tx, {key: now + _COUNTED_FOR}, now)
            if counted[key].count <= _MAILS:
                self._requests.insert(tx, request)
            tx.commit()

    def _send(self, tx: Transaction, request: CredentialRequest) -> None:
        spellings = [request.email, normalized("NFD", request.email)]
        if request.kind is RequestKind.EMAIL_CHANGE:
            holder, address = request.account_id, request.email
        else:
            found = self._repo.by_email(tx, spellings)
            account = next((found[one] for one in spellings if one in found), None)
            holder, address = (account.id if account else None), None
        if holder is None:
            self._requests.take(tx, request.id)
            return
        if self._requests.open(tx, attrs.evolve(request, account_id=holder)):
            facts = {_REQUEST: request.id}
            kind = request.kind.notification
            self._notifier.notify(
                tx, kind, request.id, holder, facts, address=address, until=request.expires_at
            )

    def _of(self, tx: Transaction, request: CredentialRequest | None) -> Account:
        """Whose request it is.

        Raises:
            LinkUnknown: nobody's (any more).
        """
        if request and request.account_id and request.expires_at > self._clock.now():
            held = self._repo.load(tx, [request.account_id])
            if account := held.get(request.account_id):
                return account
        raise LinkUnknown("the link is not known, or was used")
