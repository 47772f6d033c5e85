"""Requests for webhooks, on which the statements are counted; each is prepared, and sent later."""

import itertools
from collections.abc import Callable
from typing import Final

from commerce_core.catalog import ItemChanged
from commerce_core.kernel.ids import derived_id
from commerce_core.kernel.messaging import envelope
from tests.integration.acceptance.quarters import Quarter

Send = Callable[[], object]
#: Nobody sends anything in this town.
HOOK: Final = {"url": "https://93.184.215.14/", "events": [ItemChanged.name]}
_numbers: Final = itertools.count(1)


def added(q: Quarter) -> Send:
    return lambda: q.send(q.seller, "POST", "/webhook-endpoints", HOOK, 201)


def listed(q: Quarter) -> Send:
    _endpoint(q)
    return lambda: q.send(q.seller, "GET", "/webhook-endpoints")


def looked_up(q: Quarter) -> Send:
    path = _endpoint(q)
    return lambda: q.send(q.seller, "GET", path)


def changed(q: Quarter) -> Send:
    path, said = _endpoint(q), {"description": f"number {next(_numbers)}", "url": HOOK["url"]}
    return lambda: q.send(q.seller, "PATCH", path, said)


def removed(q: Quarter) -> Send:
    path = f"/webhook-endpoints/{_made(q)}"
    return lambda: q.send(q.seller, "DELETE", path, status=204)


def rolled(q: Quarter) -> Send:
    path = _endpoint(q)
    return lambda: q.send(q.seller, "POST", f"{path}/secret", status=201)


def deliveries(q: Quarter) -> Send:
    path = _with_deliveries(q)
    return lambda: q.send(q.seller, "GET", f"{path}/deliveries?size=100")


def redelivered(q: Quarter) -> Send:
    path = _with_deliveries(q)
    found = q.send(q.seller, "GET", f"{path}/deliveries").json()["deliveries"][0]["deliveryId"]
    return lambda: q.send(q.seller, "POST", f"{path}/deliveries/{found}/redelivery", status=202)


def _endpoint(q: Quarter) -> str:
    found = q.send(q.seller, "GET", "/webhook-endpoints").json()["endpoints"]
    return f"/webhook-endpoints/{found[0]['endpointId'] if found else _made(q)}"


def _made(q: Quarter) -> str:
    made: str = q.send(q.seller, "POST", "/webhook-endpoints", HOOK, 201).json()["endpointId"]
    return made


def _with_deliveries(q: Quarter) -> str:
    """An endpoint for which an event of each item waits."""
    path, shop = _endpoint(q), q.market.shop
    changes = [ItemChanged(item_id=item.item.id, version=next(_numbers)) for item in q.items]
    shop.webhook_queueing.handle(
        [
            envelope(each, id=derived_id(each.item_id, str(each.version)), at=shop.clock.now())
            for each in changes
        ]
    )
    return path
