"""Messages as files that any mail program opens: for a shop that has no mail server yet."""

import os
from collections.abc import Sequence
from email.headerregistry import Address
from pathlib import Path

from commerce_core.kernel.ids import NotificationId
from commerce_core.kernel.private_files import private_folder, private_opener
from commerce_core.notifications import (
    EMAIL,
    Accepted,
    Away,
    Channel,
    Outcome,
    OutgoingMessage,
    Refused,
)
from commerce_notify.mail import UnusableAddress, mail_of


class MailFolder(Channel):
    """Writes each message as ``ID.eml`` into *folder*; the same message again is the same file.

    Only the user of the shop may read them: they hold addresses, and links that open accounts.
    """

    def __init__(self, folder: Path, sender: Address) -> None:
        self._folder = folder
        self._sender = sender

    @property
    def name(self) -> str:
        return EMAIL

    def send(self, messages: Sequence[OutgoingMessage]) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for message in messages:
            try:
                if not outcomes:
                    private_folder(self._folder)
                self._write(message)
                outcomes.append(Accepted())
            except UnusableAddress as error:
                outcomes.append(Refused(reason=error.detail, bounced=True))
            except OSError as error:
                reason = f"the folder cannot be written ({error.strerror})"
                return [*outcomes, *[Away(reason=reason)] * (len(messages) - len(outcomes))]
        return outcomes

    def forget(self, ids: Sequence[NotificationId]) -> None:
        for one in ids:
            (self._folder / f"{one}.eml").unlink(missing_ok=True)

    def _write(self, message: OutgoingMessage) -> None:
        written = mail_of(message, self._sender).as_bytes()
        place = self._folder / f"{message.id}.eml"
        draft = place.with_suffix(f".{os.getpid()}")
        with open(draft, "wb", opener=private_opener) as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(place)
