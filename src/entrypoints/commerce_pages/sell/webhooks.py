"""Webhooks of a seller: where events of the own items and orders are sent, and what was sent."""

from typing import Final

from commerce_core.kernel.errors import CommerceError
from commerce_core.kernel.ids import SellerId
from commerce_core.webhooks import (
    EVENTS,
    ChangeEndpoint,
    DeliveryStatus,
    Endpoint,
    NewEndpoint,
)
from commerce_http.web.auth import SELLER
from commerce_http.web.errors import status_of
from commerce_http.web.query import QueryReader
from commerce_http.webhooks import ListDeliveries
from commerce_pages.web.forms import FormState
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect
from commerce_pages.web.visits import Visit

_DELIVERIES: Final = {
    DeliveryStatus.PENDING: "waits",
    DeliveryStatus.DELIVERED: "taken",
    DeliveryStatus.FAILED: "given up",
}


@page("GET", "/sell/webhooks", part="sell", who=SELLER)
def endpoint_list(visit: Visit, desk: Desk) -> Answer:
    """The seller's endpoints, and where to add one."""
    return _listed(visit, desk)


@page("POST", "/sell/webhooks", part="sell", who=SELLER)
def add_endpoint(visit: Visit, desk: Desk) -> Answer:
    """Have events sent to a system of the seller's. What is answered shows the secret, and no other
    page does.
    """
    try:
        command = visit.form.read(NewEndpoint, desk.currency)
        endpoint, secret = desk.shop.webhooks.create(_owner(visit), command)
    except CommerceError as error:
        return _listed(visit, desk, error)
    return desk.pages.draw("sell/secret.html", visit, endpoint=endpoint, secret=secret)


@page("GET", "/sell/webhooks/{endpoint_id}", part="sell", who=SELLER)
def one_endpoint(visit: Visit, desk: Desk) -> Answer:
    """One endpoint, with what was sent to it."""
    return _shown(visit, desk)


@page("POST", "/sell/webhooks/{endpoint_id}/enable", part="sell", who=SELLER)
def enable_endpoint(visit: Visit, desk: Desk) -> Answer:
    """Send what happens from now on. Repeating it changes nothing."""
    return _switched(visit, desk, enabled=True)


@page("POST", "/sell/webhooks/{endpoint_id}/disable", part="sell", who=SELLER)
def disable_endpoint(visit: Visit, desk: Desk) -> Answer:
    """Send nothing more, and give up what waits. Repeating it changes nothing."""
    return _switched(visit, desk, enabled=False)


@page("POST", "/sell/webhooks/{endpoint_id}/secret", part="sell", who=SELLER)
def roll_secret(visit: Visit, desk: Desk) -> Answer:
    """A new secret, which this answer shows and no other page."""
    try:
        endpoint, secret = desk.shop.webhooks.roll(_owner(visit), visit.named("endpoint_id"))
    except CommerceError as error:
        return _shown(visit, desk, error)
    return desk.pages.draw("sell/secret.html", visit, endpoint=endpoint, secret=secret)


@page("POST", "/sell/webhooks/{endpoint_id}/delete", part="sell", who=SELLER)
def delete_endpoint(visit: Visit, desk: Desk) -> Answer:
    """Delete it with its deliveries."""
    desk.shop.webhooks.delete(_owner(visit), visit.named("endpoint_id"))
    return redirect("/sell/webhooks")


@page(
    "POST", "/sell/webhooks/{endpoint_id}/deliveries/{delivery_id}/again", part="sell", who=SELLER
)
def send_again(visit: Visit, desk: Desk) -> Answer:
    """Send a delivery once more, whatever became of it."""
    endpoint_id = visit.named("endpoint_id")
    try:
        desk.shop.webhooks.redeliver(_owner(visit), endpoint_id, visit.named("delivery_id"))
    except CommerceError as error:
        return _shown(visit, desk, error)
    return redirect(f"/sell/webhooks/{endpoint_id}")


def _switched(visit: Visit, desk: Desk, *, enabled: bool) -> Answer:
    endpoint_id = visit.named("endpoint_id")
    try:
        desk.shop.webhooks.change(_owner(visit), endpoint_id, ChangeEndpoint(enabled=enabled))
    except CommerceError as error:
        return _shown(visit, desk, error)
    return redirect(f"/sell/webhooks/{endpoint_id}")


def _owner(visit: Visit) -> SellerId:
    return SellerId(visit.holder.id)


def _listed(visit: Visit, desk: Desk, error: CommerceError | None = None) -> Answer:
    endpoints: list[Endpoint] = [*desk.shop.webhooks.own(_owner(visit))]
    return desk.pages.draw(
        "sell/webhooks.html",
        visit,
        status=status_of(type(error)) if error else 200,
        endpoints=endpoints,
        events=EVENTS,
        ticked={text for name, text in visit.form.fields.items() if name.startswith("events.")},
        form=FormState.refused(visit.form, error) if error else FormState(),
        words=words_of(error) if error else None,
    )


def _shown(visit: Visit, desk: Desk, error: CommerceError | None = None) -> Answer:
    owner, endpoint_id = _owner(visit), visit.named("endpoint_id")
    query = b"" if error else visit.query
    wanted: ListDeliveries = QueryReader(ListDeliveries, desk.currency).read(query)
    endpoint = desk.shop.webhooks.details(owner, endpoint_id)
    found = desk.shop.webhooks.deliveries(
        owner, endpoint_id, wanted.status, wanted.cursor, wanted.size
    )
    return desk.pages.draw(
        "sell/webhook.html",
        visit,
        status=status_of(type(error)) if error else 200,
        endpoint=endpoint,
        deliveries=found.items,
        called=_DELIVERIES,
        next_page=None if error else visit.going_on(found.next_cursor),
        words=words_of(error) if error else None,
    )
