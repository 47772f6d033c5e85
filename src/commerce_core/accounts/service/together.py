"""The services of accounts, over what they share."""

import attrs

from commerce_core.accounts.model import Limits
from commerce_core.accounts.ports import (
    AccountRepository,
    CredentialRequests,
    PasswordHasher,
    TokenFactory,
)
from commerce_core.accounts.service.accounts import Accounts
from commerce_core.accounts.service.audit import ErasureAudit
from commerce_core.accounts.service.credentials import Credentials
from commerce_core.accounts.service.guesses import Guesses
from commerce_core.accounts.service.passwords import Passwords
from commerce_core.accounts.service.resets import Links, Resets
from commerce_core.kernel.clock import Clock
from commerce_core.kernel.ids import IdFactory
from commerce_core.kernel.notifier import Notifier
from commerce_core.kernel.transaction import Database


@attrs.frozen(kw_only=True)
class AccountServices:
    """Who people are, what they log in with, and the links that are sent to them.

    Args:
        links: of requests, signed by the shop's key.
    """

    database: Database
    repo: AccountRepository
    requests: CredentialRequests
    hasher: PasswordHasher
    tokens: TokenFactory
    clock: Clock
    ids: IdFactory
    limits: Limits
    notifier: Notifier
    links: Links

    def accounts(self) -> Accounts:
        """Opens accounts, and lets their holders in."""
        return Accounts(
            self.database,
            self.repo,
            self.hasher,
            self.tokens,
            self.clock,
            self.ids,
            self.limits,
            self.notifier,
        )

    def credentials(self, accounts: Accounts) -> Credentials:
        """Changes passwords and ends sessions."""
        passwords = Passwords(self.hasher, self.tokens)
        return Credentials(self.database, self.repo, accounts, passwords, self.clock)

    def audit(self) -> ErasureAudit:
        """Looks for people who have left, and whose data has not."""
        return ErasureAudit(self.database, self.repo, self.clock)

    def resets(self, accounts: Accounts) -> Resets:
        """Sends links, and does what they are for."""
        return Resets(
            database=self.database,
            repo=self.repo,
            requests=self.requests,
            accounts=accounts,
            passwords=Passwords(self.hasher, self.tokens),
            guesses=Guesses(self.database, self.repo, self.clock, self.limits),
            notifier=self.notifier,
            links=self.links,
            clock=self.clock,
            ids=self.ids,
            limits=self.limits,
        )
