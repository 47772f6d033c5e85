"""Telling a person of something by a message that goes out later, asked for in the transaction of
what it is about. In the kernel because accounts ask for messages, and stand below what sends them.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from commerce_core.kernel.transaction import Transaction

#: Makes the path, with its secret, that a message leads to, from the facts of the message. It is
#: called when the message is rendered, so that no secret is ever stored.
SecretLink: TypeAlias = Callable[[Mapping[str, Any]], str]


class Notifier(Protocol):
    """Whoever has to tell a person something asks this."""

    @abstractmethod
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
        """Have *person* get a message of this *kind* about *subject*, once. Idempotent by the
        three.

        Args:
            tx: the transaction that makes true what the message says.
            kind: what sort of message it is.
            subject: the id of what it is about.
            person: the id of the account.
            facts: what its text needs beside the subject; JSON-ready, and never a secret.
            address: the e-mail address that it goes to, where that is not the account's own.
            until: when it is no longer worth sending.
        """
