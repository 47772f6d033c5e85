"""A message as e-mail (RFC 5322)."""

import re
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import blake2b
from typing import Final

from commerce_core.kernel.errors import Rejected
from commerce_core.notifications import OutgoingMessage

_LONGEST_NAME: Final = 100
_LONGEST_TITLE: Final = 200
#: What ends a line for anybody, and whatever else controls a terminal or the order of letters.
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class _HeaderClasses(HeaderRegistry):
    """The standard library's, without a new class for every header of every mail."""

    def __init__(self) -> None:
        super().__init__()
        self._classes: dict[str, type[BaseHeader]] = {}

    def __getitem__(self, name: str) -> type[BaseHeader]:
        known = name.lower()
        if known not in self._classes:
            self._classes[known] = super().__getitem__(name)
        return self._classes[known]


#: The names of headers are those of `mail_of`, so there are few classes.
_POLICY: Final = SMTP.clone(header_factory=_HeaderClasses())


class UnusableAddress(Rejected):
    """No mail can be sent to this address, or from it."""

    code = "unusable-address"


def one_line(text: str) -> str:
    """*text* without anything that could begin another header."""
    return _CONTROLS.sub(" ", text).strip()


def address_of(email: str, name: str = "") -> Address:
    """An address as it stands in a header; *name* is cut, and keeps to its line.

    Raises:
        UnusableAddress: *email* is none.
    """
    user, at, host = email.rpartition("@")
    if not (user and at and host) or one_line(email) != email or " " in email:
        raise UnusableAddress("this is no e-mail address")
    try:
        return Address(one_line(name)[:_LONGEST_NAME], user, _ascii(host))
    except ValueError as error:
        raise UnusableAddress("this is no e-mail address") from error


def message_id(message: OutgoingMessage, sender: Address) -> str:
    """The Message-ID: the same each time, so that every mail program knows a copy."""
    return f"<{message.id}@{sender.domain}>"


def mail_of(message: OutgoingMessage, sender: Address) -> EmailMessage:
    """*message* from *sender*, as plain text and as HTML.

    Raises:
        UnusableAddress: it has no address that mail can be sent to.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["Message-ID"] = message_id(message, sender)
    mail["Date"] = message.created_at
    mail["From"] = sender
    mail["To"] = address_of(message.to.email, message.to.name)
    mail["Subject"] = one_line(message.content.title)[:_LONGEST_TITLE]
    mail["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe is not None:
        mail["List-Unsubscribe"] = f"<{one_line(message.unsubscribe)}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.content.text, cte="quoted-printable")
    mail.add_alternative(message.content.html, subtype="html", cte="quoted-printable")
    mail.set_boundary(_boundary(message))
    mail["Content-Language"] = one_line(message.to.locale)
    return mail


def _boundary(message: OutgoingMessage) -> str:
    """What parts the plain text from the HTML: the same each time, and nothing that
    quoted-printable text can contain. One that is made by chance draws from the state of
    ``random``, which is the application's.
    """
    return f"=_{blake2b(message.id.encode(), digest_size=12).hexdigest()}"


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError as error:
        raise UnusableAddress("this is no e-mail address") from error
