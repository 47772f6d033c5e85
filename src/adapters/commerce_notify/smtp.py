"""E-mail by SMTP, one connection for many messages."""

import re
import smtplib
import ssl
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final

import attrs

from commerce_core.kernel.ids import NotificationId
from commerce_core.notifications import (
    EMAIL,
    Accepted,
    Away,
    Channel,
    Outcome,
    OutgoingMessage,
    PutOff,
    Refused,
)
from commerce_notify.mail import UnusableAddress, mail_of, one_line

#: Seconds that a group of messages may take in all, however slowly the server answers.
_LONGEST_GROUP: Final = 120.0
#: So many messages in a row without an answer: the others are not tried.
_MOST_UNANSWERED: Final = 2
_LONGEST_REASON: Final = 200
_ADDRESS: Final = re.compile(r"\S+@\S+")
_ENHANCED: Final = re.compile(r"\b5\.(\d{1,3})\.(\d{1,3})\b")
#: What a server says of a mailbox that is not there, where it says no more than that.
_NO_MAILBOX: Final = (550, 551, 553)
_CLOSING: Final = 421


@attrs.frozen(kw_only=True)
class MailServer:
    """A server, and how to speak to it.

    Attributes:
        implicit_tls: TLS from the first byte on.
        starttls: ``required``, ``optional`` or ``never``.
        timeout: seconds that each answer may take.
    """

    host: str
    port: int
    user: str | None = None
    password: str | None = attrs.field(default=None, repr=False)
    implicit_tls: bool = False
    starttls: str = "required"
    timeout: float = 10.0
    ca: str | None = None

    def context(self) -> ssl.SSLContext:
        """What certificates are checked by."""
        return ssl.create_default_context(cafile=self.ca)


class SmtpChannel(Channel):
    """Sends mail through *server*, from *sender*. For one thread at a time."""

    def __init__(
        self, server: MailServer, sender: Address, longest: float = _LONGEST_GROUP
    ) -> None:
        self._server = server
        self._sender = sender
        self._longest = longest

    @property
    def name(self) -> str:
        return EMAIL

    def send(self, messages: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        with _Conversation(self._server, self._sender.domain, self._longest) as conversation:
            for message in messages:
                if conversation.why_away is not None:
                    outcomes.append(Away(reason=conversation.why_away))
                else:
                    outcomes.append(self._one(conversation, message))
        return outcomes

    def forget(self, ids: Sequence[NotificationId]) -> None:
        """Nothing is kept here."""

    def _one(self, conversation: "_Conversation", message: OutgoingMessage) -> Outcome:
        try:
            mail = mail_of(message, self._sender)
        except UnusableAddress as error:
            return Refused(reason=error.detail, bounced=True)
        return conversation.hand_over(mail)


class _Conversation:
    """What is said to a server in one group. It begins with the first message, and anew after one
    that ended it.
    """

    def __init__(self, server: MailServer, own_name: str, longest: float) -> None:
        self._server = server
        self._own_name = own_name
        self._smtp: smtplib.SMTP | None = None
        self._unanswered = 0
        self._watch = threading.Timer(longest, self._cut)
        self._watch.daemon = True
        self.why_away: str | None = None

    def __enter__(self) -> "_Conversation":
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.cancel()
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
            self._hang_up()

    def hand_over(self, mail: EmailMessage) -> Outcome:
        """What became of *mail*."""
        smtp = self._connected()
        if smtp is None:
            return Away(reason=self.why_away or "the mail server is away")
        try:
            with _answered_in_words():
                smtp.send_message(mail)
        except smtplib.SMTPNotSupportedError as error:
            return Refused(reason=_reason(str(error)))
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return self._refused(code, text, is_mailbox=True)
        except smtplib.SMTPResponseException as error:
            return self._refused(error.smtp_code, error.smtp_error, is_mailbox=False)
        except (OSError, smtplib.SMTPException) as error:
            # Whether it was taken is not known.
            self._hang_up()
            self._unanswered += 1
            reason = _reason(f"the mail server did not answer ({error or type(error).__name__})")
            if self._unanswered >= _MOST_UNANSWERED:
                self.why_away = reason
            return PutOff(reason=reason)
        self._unanswered = 0
        return Accepted()

    def _connected(self) -> smtplib.SMTP | None:
        if self._smtp is None:
            try:
                self._smtp = self._opened()
            except (OSError, smtplib.SMTPException, ValueError) as error:
                where = f"{self._server.host}:{self._server.port}"
                self.why_away = _reason(f"the mail server {where} is away ({_said(error)})")
                self._hang_up()
        return self._smtp

    def _opened(self) -> smtplib.SMTP:
        server, name = self._server, self._own_name
        if server.implicit_tls:
            opened: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host,
                server.port,
                local_hostname=name,
                timeout=server.timeout,
                context=server.context(),
            )
        else:
            opened = smtplib.SMTP(
                server.host, server.port, local_hostname=name, timeout=server.timeout
            )
        self._smtp = opened
        opened.ehlo_or_helo_if_needed()
        if server.starttls != "never" and not server.implicit_tls:
            if opened.has_extn("starttls"):
                opened.starttls(context=server.context())
                opened.ehlo()
            elif server.starttls == "required":
                raise smtplib.SMTPException("it offers no STARTTLS")
        if server.user is not None:
            opened.login(server.user, server.password or "")
        return opened

    def _refused(self, code: int, text: bytes | str, *, is_mailbox: bool) -> Outcome:
        self._unanswered = 0
        words = text.decode(errors="replace") if isinstance(text, bytes) else text
        reason = _reason(f"{code} {words}")
        if code == _CLOSING or self._smtp is None or self._smtp.sock is None:
            self._hang_up()
        if code < 500:
            return PutOff(reason=reason)
        return Refused(reason=reason, bounced=is_mailbox and _has_no_mailbox(code, words))

    def _cut(self) -> None:
        """End a conversation that takes too long, from another thread."""
        self.why_away = "the mail server is too slow"
        smtp = self._smtp
        if smtp is not None and smtp.sock is not None:
            with suppress(OSError):
                smtp.sock.shutdown(2)

    def _hang_up(self) -> None:
        if self._smtp is not None:
            with suppress(OSError):
                self._smtp.close()
        self._smtp = None


@contextmanager
def _answered_in_words() -> Generator[None]:
    """A server that talks nonsense has not answered."""
    try:
        yield
    except (ValueError, IndexError) as error:
        raise smtplib.SMTPException("its answer is none") from error


def _has_no_mailbox(code: int, words: str) -> bool:
    """Whether the address is what is wrong, and not what was sent there (RFC 3463)."""
    enhanced = _ENHANCED.search(words)
    if enhanced is None:
        return code in _NO_MAILBOX
    subject, detail = enhanced.groups()
    return subject == "1" or (subject, detail) == ("2", "1")


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        words = text.decode(errors="replace") if isinstance(text, bytes) else text
        return f"{error.smtp_code} {words}"
    return str(error) or type(error).__name__


def _reason(text: str) -> str:
    """*text* of a server as it may be kept and logged: on one line, and without addresses."""
    return _ADDRESS.sub("…", one_line(text))[:_LONGEST_REASON]
