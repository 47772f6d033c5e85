"""Notifications: what was sent to the caller, and what they want to be sent."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs
import msgspec
from msgspec import UNSET, UnsetType

from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.paging import BadCursor
from commerce_core.notifications import (
    Kind,
    NotificationNotFound,
    UnknownUnsubscribeLink,
)
from commerce_core.notifications import Notification as CoreNotification
from commerce_core.notifications.service import Notices
from commerce_http.web.answers import Payload, Shape, Timestamp
from commerce_http.web.auth import HOLDER
from commerce_http.web.callers import Caller
from commerce_http.web.operations import Runs, operation
from commerce_http.web.query import page_size

_BODY: Final = 1 << 16
_HTML: Final = b"text/html; charset=utf-8"


class Notification(Shape):
    """Something that its reader was told of: *kind* says what sort of thing, *subject* is its id
    (of an order, an item, an import), *title* the first line of the message.
    """

    notification_id: str
    kind: str
    subject: str
    title: str
    sent_at: Timestamp
    read_at: Timestamp | None


class NotificationPage(Shape):
    """A page of them, newest first."""

    items: Sequence[Notification]
    next_cursor: str | None


#: By kind and channel: whether messages of the kind come that way. Each role has its own kinds.
NotificationPreferences: Any = msgspec.defstruct(
    "NotificationPreferences",
    [
        (
            kind.name.lower(),
            dict[str, bool] | UnsetType,
            msgspec.field(default=UNSET, name=kind.value),
        )
        for kind in Kind
    ],
    bases=(Shape,),
    module=__name__,
    namespace={
        "__doc__": "By kind and channel, whether messages come that way. Each role has its kinds."
    },
)


@attrs.frozen(kw_only=True)
class ListNotifications:
    """Which page of the list."""

    cursor: str | None = None
    size: int = page_size(20)


@operation(
    "GET",
    "/notifications",
    who=HOLDER,
    answer=NotificationPage,
    problems=(BadCursor,),
    runs=Runs.KEY_READ,
)
def notifications(query: ListNotifications, caller: Caller, notices: Notices) -> NotificationPage:
    """What was sent to the caller, newest first."""
    page = notices.history(caller.id, query.cursor, query.size)
    return NotificationPage(items=[_shape(n) for n in page.items], next_cursor=page.next_cursor)


@operation(
    "POST",
    "/notifications/{notification_id}/read",
    who=HOLDER,
    status=204,
    problems=(NotificationNotFound,),
)
def read_notification(notification_id: str, caller: Caller, notices: Notices) -> None:
    """Note that it was read; repeating it changes nothing."""
    notices.mark_read(caller.id, notification_id)


@operation(
    "GET",
    "/notification-preferences",
    who=HOLDER,
    answer=NotificationPreferences,
    runs=Runs.KEY_READ,
)
def notification_preferences(caller: Caller, notices: Notices) -> Shape:
    """Which messages the caller gets, by kind and channel."""
    return _preferences(notices.preferences(caller.id, caller.role))


@operation(
    "PUT",
    "/notification-preferences",
    who=HOLDER,
    answer=NotificationPreferences,
    problems=(Invalid,),
    body_limit=_BODY,
    example={"order-confirmed": {"email": True, "inbox": True}},
)
def choose_notifications(
    command: Mapping[str, Mapping[str, bool]], caller: Caller, notices: Notices
) -> Shape:
    """Choose which messages come by which channel; what is not mentioned stays. Those that guard
    the account (`password-reset`, `email-verification`) cannot be turned off.
    """
    return _preferences(notices.choose(caller.id, caller.role, command))


@operation(
    "GET",
    "/unsubscribe/{token}",
    problems=(UnknownUnsubscribeLink,),
    runs=Runs.AT_ONCE,
    answer_media=("text/html",),
)
def unsubscribe_page(token: str, notices: Notices) -> Payload:
    """A page with one button, which unsubscribes: looking at it changes nothing, as programs that
    check mail follow every link.
    """
    kind = notices.subscription(token)
    return _page(f'<form method="post"><p>{kind}</p><button>Unsubscribe</button></form>')


@operation(
    "POST",
    "/unsubscribe/{token}",
    problems=(UnknownUnsubscribeLink,),
    answer_media=("text/html",),
)
def unsubscribe(token: str, notices: Notices) -> Payload:
    """End e-mail of the one kind that the link is for (RFC 8058), without a log-in; repeating it
    changes nothing.
    """
    return _page(f"<p>{notices.unsubscribe(token)}: unsubscribed</p>")


def _page(content: str) -> Payload:
    """A page of *content*, which holds nothing that anybody typed."""
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Notifications</title>'
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; form-action 'self'",
        "Referrer-Policy": "no-referrer",
    }
    return Payload(200, f"{head}{content}".encode(), headers, media=_HTML)


def _shape(n: CoreNotification) -> Notification:
    return Notification(
        notification_id=n.id,
        kind=n.kind.value,
        subject=n.subject,
        title=n.title or "",
        sent_at=n.ended_at or n.created_at,
        read_at=n.read_at,
    )


def _preferences(by_kind: Mapping[str, Mapping[str, bool]]) -> Shape:
    shape: Shape = NotificationPreferences(
        **{Kind(kind).name.lower(): dict(by) for kind, by in by_kind.items()}
    )
    return shape
