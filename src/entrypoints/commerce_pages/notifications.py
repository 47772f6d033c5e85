"""What somebody was told of, and what they want to be told of."""

from collections.abc import Mapping
from typing import Final

from commerce_core.accounts import Role
from commerce_core.kernel.errors import CommerceError
from commerce_core.notifications import Kind, Notification
from commerce_http.notifications import ListNotifications
from commerce_http.web.auth import HOLDER
from commerce_http.web.errors import status_of
from commerce_http.web.query import QueryReader
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect
from commerce_pages.web.visits import Visit

KINDS: Final[Mapping[Kind, str]] = {
    Kind.ORDER_CONFIRMED: "An order of yours was taken",
    Kind.ORDER_CANCELLED: "An order of yours was cancelled",
    Kind.ORDER_COMPLETED: "An order of yours was sent",
    Kind.PAYMENT_ACTION_REQUIRED: "Your bank wants to hear from you",
    Kind.REFUND_COMPLETED: "Money went back to you",
    Kind.REFUND_FAILED: "Money could not go back to you",
    Kind.BACK_IN_STOCK: "Something on your wishlist is in stock again",
    Kind.PRICE_DROPPED: "Something on your wishlist costs less",
    Kind.PASSWORD_RESET: "A link for a forgotten password",
    Kind.EMAIL_VERIFICATION: "A link for a new e-mail address",
    Kind.NEW_SIGN_IN: "Somebody has logged in from somewhere new",
    Kind.EMAIL_CHANGED: "The e-mail address of the account was changed",
    Kind.PASSWORD_CHANGED: "The password of the account was changed",
    Kind.NEW_ORDER: "Your goods were ordered",
    Kind.LOW_STOCK: "An item of yours is running out",
    Kind.IMPORT_FINISHED: "An import of yours is over",
    Kind.WEBHOOK_DISABLED: "Nothing is sent to a webhook any more",
    Kind.ORDER_NEEDS_ATTENTION: "An order needs a person",
}
CHANNELS: Final[Mapping[str, str]] = {"email": "by e-mail", "inbox": "in the shop"}
#: Where what a notification is about is shown, by what its kind is for.
_PLACES: Final[Mapping[Role, Mapping[Kind, str]]] = {
    Role.BUYER: {
        Kind.ORDER_CONFIRMED: "/shop/orders/",
        Kind.ORDER_CANCELLED: "/shop/orders/",
        Kind.ORDER_COMPLETED: "/shop/orders/",
        Kind.PAYMENT_ACTION_REQUIRED: "/shop/orders/",
        Kind.REFUND_COMPLETED: "/shop/orders/",
        Kind.REFUND_FAILED: "/shop/orders/",
    },
    Role.SELLER: {Kind.NEW_ORDER: "/sell/orders/", Kind.IMPORT_FINISHED: "/sell/imports/"},
    Role.OPERATOR: {Kind.ORDER_NEEDS_ATTENTION: "/console/orders/"},
}


@page("GET", "/account/notifications", who=HOLDER)
def notification_list(visit: Visit, desk: Desk) -> Answer:
    """What was sent to the holder, newest first, and what they want to be sent."""
    return _shown(visit, desk)


@page("POST", "/account/notifications/{notification_id}/read", who=HOLDER)
def mark_read(visit: Visit, desk: Desk) -> Answer:
    """Note that it was read; repeating it changes nothing."""
    try:
        desk.shop.notices.mark_read(visit.holder.id, visit.named("notification_id"))
    except CommerceError as error:
        return _shown(visit, desk, error)
    return redirect("/account/notifications")


@page("POST", "/account/notifications", who=HOLDER)
def choose(visit: Visit, desk: Desk) -> Answer:
    """Choose which messages come by which channel: a box that is empty turns them off."""
    holder, ticked = visit.holder, visit.form.fields
    offered = desk.shop.notices.preferences(holder.id, holder.role)
    wanted = {
        kind: {channel: f"{kind}.{channel}" in ticked for channel in by}
        for kind, by in offered.items()
        if not Kind(kind).is_mandatory
    }
    desk.shop.notices.choose(holder.id, holder.role, wanted)
    return redirect("/account/notifications?done=chosen")


def _shown(visit: Visit, desk: Desk, error: CommerceError | None = None) -> Answer:
    holder, said = visit.holder, {name: text for name, text in visit.pairs if text}
    is_done = error is None and said.pop("done", "") == "chosen"
    query = b"" if error or is_done else visit.query
    wanted: ListNotifications = QueryReader(ListNotifications, desk.currency).read(query)
    found = desk.shop.notices.history(holder.id, wanted.cursor, wanted.size)
    return desk.pages.draw(
        "account/notifications.html",
        visit,
        status=status_of(type(error)) if error else 200,
        notices=[(one, _place(one, visit, desk)) for one in found.items],
        next_page=visit.going_on(found.next_cursor) if not error else None,
        offered=desk.shop.notices.preferences(holder.id, holder.role),
        kinds=KINDS,
        channels=CHANNELS,
        done="What you want to be told of was changed." if is_done else None,
        words=words_of(error) if error else None,
    )


def _place(one: Notification, visit: Visit, desk: Desk) -> str | None:
    """Where what it is about is shown, if it is."""
    place = _PLACES[visit.holder.role].get(one.kind)
    part = place.split("/")[1] if place else ""
    return f"{place}{one.subject}" if part in desk.shop.settings.pages else None
