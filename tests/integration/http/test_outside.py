"""Gateways outside the process, which take their time: nobody waits for another one's."""

import threading
from pathlib import Path
from typing import Any

import pytest

from commerce_local.sandbox_gateway import SandboxGateway
from tests.integration.http.people import open_town, problem, request_for, until
from tests.integration.market import side_by_side

_BUYERS = 8


def test_payments_are_prepared_side_by_side_and_what_is_refused_is_not_prepared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SandboxGateway, "answers_at_once", False)
    together = threading.Barrier(_BUYERS)
    really = SandboxGateway.prepare

    def slowly(*arguments: Any) -> Any:
        together.wait(20)
        return really(*arguments)

    monkeypatch.setattr(SandboxGateway, "prepare", slowly)
    with open_town(tmp_path) as town:
        seller = town.newcomer("seller")
        plenty, sold_out = town.item(seller, quantity=_BUYERS), town.item(seller, quantity=0)
        buyers = [town.newcomer() for _ in range(_BUYERS)]
        unlucky = town.newcomer()
        requests = [(buyer, request_for(town.filled_cart(buyer, plenty))) for buyer in buyers]
        problem(
            unlucky("POST", "/checkout", request_for(town.filled_cart(unlucky, sold_out))),
            409,
            "out-of-stock",
        )
        placed = side_by_side(
            lambda order: order[0]("POST", "/checkout", order[1]), requests, threads=_BUYERS
        )
        assert [answer.status_code for answer in placed] == [201] * _BUYERS
        for buyer, answer in zip(buyers, placed, strict=True):
            until(
                lambda buyer=buyer, answer=answer: (
                    buyer("GET", answer.headers["location"]).json()["status"] == "COMPLETED"
                )
            )
