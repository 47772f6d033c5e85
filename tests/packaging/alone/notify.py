"""The extra `notify`: a message is written, and lies in a folder as a mail program reads it."""

from datetime import UTC, datetime
from pathlib import Path

from commerce_core.notifications import (
    Accepted,
    Kind,
    OutgoingMessage,
    Recipient,
    notification_id,
)
from commerce_core.notifications.service import sample_values
from commerce_notify.folder import MailFolder
from commerce_notify.mail import address_of
from commerce_notify.texts import TemplateRenderer

KIND = Kind.ORDER_CONFIRMED
renderer = TemplateRenderer("Shop", "en", UTC)
message = OutgoingMessage(
    id=notification_id(KIND, "order-1", "ada"),
    kind=KIND,
    to=Recipient(person="ada", email="ada@example.com", name="Ada", locale="en"),
    content=renderer.render(KIND, "en", sample_values(KIND)),
    created_at=datetime.now(UTC),
)
channel = MailFolder(Path("mail"), address_of("shop@example.com", "Shop"))
assert channel.send([message]) == [Accepted()]
assert b"is confirmed" in (Path("mail") / f"{message.id}.eml").read_bytes()
