"""Two steps of a shop's own in the saga of an order, which both call somebody over HTTP.

``COMMERCE_PARTS=saga_steps:parts`` gives them to ``commerce serve``, ``commerce worker`` and every
other command, where this file is installed or lies on ``PYTHONPATH``; ``FRAUD_URL`` and
``POINTS_URL`` are the addresses of those who are called.
"""

import json
import os
from functools import partial
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from commerce_core.assembly import Parts
from commerce_core.checkout import (
    Accepted,
    Definitions,
    OwnStep,
    Refused,
    StepOutcome,
    StepRequest,
    StepUnknown,
    Undone,
    Wait,
    order_saga,
)

_SECONDS = 5


class FraudCheck(OwnStep):
    """Has every order looked at before it is charged.

    ``POST /checks`` answers ``{"verdict": "accept"}``, ``refuse``, or ``review`` while a person
    looks at it. Asked again under the same ``Idempotency-Key`` it answers what has become of it.
    """

    name = "fraud_check"

    def __init__(self, url: str) -> None:
        self._url = url

    def do(self, request: StepRequest, /) -> StepOutcome:
        order = request.order
        answer = _post(
            f"{self._url}/checks",
            request.key,
            {
                "order": order.id,
                "amount": order.total.amount,
                "currency": order.total.currency,
                "country": order.address.country if order.address else None,
            },
        )
        match answer.get("verdict"):
            case "accept":
                return Accepted({"score": answer["score"]})
            case "refuse":
                return Refused("fraud-suspected", "the payment could not be verified")
            case "review":
                return Wait(f"fraud score {answer['score']}", for_person=True)
            case _:
                return StepUnknown("the answer is not understood")

    def undo(self, request: StepRequest, /) -> Undone | StepUnknown:
        """Close the case: nobody needs to look at it any more."""
        _post(f"{self._url}/checks/closed", request.key, {"order": request.order.id})
        return Undone()


class LoyaltyPoints(OwnStep):
    """Gives the buyer a point for each whole unit of the total, once the order is completed."""

    name = "loyalty_points"

    def __init__(self, url: str) -> None:
        self._url = url

    def do(self, request: StepRequest, /) -> StepOutcome:
        order, points = request.order, int(float(request.order.total.amount))
        try:
            _post(f"{self._url}/points", request.key, {"member": order.email, "points": points})
        except HTTPError as error:
            if error.code == 404:
                return Refused("no-member", "the buyer takes no part")
            raise
        return Accepted({"points": points})


def parts() -> "partial[Parts]":
    """The saga with both steps in it."""
    fraud_check = FraudCheck(os.environ["FRAUD_URL"])
    points = LoyaltyPoints(os.environ["POINTS_URL"])
    saga = order_saga("checked_order", 1, before_charge=(fraud_check,), after_completion=(points,))
    return partial(Parts, definitions=Definitions(saga))


def _post(url: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    with urlopen(  # noqa: S310 (the address is a setting)
        Request(url, json.dumps(body).encode(), headers),  # noqa: S310
        timeout=_SECONDS,
    ) as answer:
        read: dict[str, Any] = json.load(answer)
    return read
