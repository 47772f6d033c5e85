"""Operators over HTTP: what they see of an order that is stuck, and what they decide."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.integration.http.people import Person, Town, pointers, problem, until

LOSES_ANSWER: Final = "4000000000000119"
WHY: Final = {"reason": "the bank says so", "evidence": "ticket 7"}


@pytest.fixture
def operator(still_town: Town) -> Person:
    return still_town.newcomer("operator")


@pytest.fixture
def stuck(still_town: Town) -> Mapping[str, Any]:
    """An order that is charged, and whose answer was lost."""
    town = still_town
    order = town.order(town.newcomer(), town.item(town.newcomer("seller")), LOSES_ANSWER)
    person = town.newcomer("operator")

    def waits() -> bool:
        town.shop.runner.run_once(10)  # what others have left may come first
        return bool(person("GET", path_of(order)).json()["lastError"])

    until(waits)
    return order


def path_of(order: Mapping[str, Any], what: str = "") -> str:
    return f"/ops/sagas/{order['orderId']}{what}"


def test_an_operator_sees_why_an_order_waits(operator: Person, stuck: Mapping[str, Any]) -> None:
    listed = operator("GET", "/ops/sagas?state=CHARGING").json()["sagas"]
    shown = operator("GET", path_of(stuck)).json()
    assert {name: shown[name] for name in listed[0]} in listed
    assert (shown["state"], shown["waitsFor"], shown["alarms"]) == ("CHARGING", "confirm", [])
    assert shown["lastError"]
    (call,) = shown["calls"]
    assert (call["operation"], call["status"], call["attempt"]) == ("charge", "UNKNOWN", 1)
    assert call["key"].startswith(stuck["orderId"])
    assert [held["status"] for held in shown["holds"]] == ["HELD"]
    assert (shown["facts"], shown["decisions"]) == ([], [])
    assert [entry["seq"] for entry in shown["timeline"]] == [1, 2]


def test_a_charge_is_resolved_once_and_the_decision_is_in_the_audit(
    operator: Person, stuck: Mapping[str, Any]
) -> None:
    said, key = {"outcome": "captured", **WHY}, {"Idempotency-Key": f"r-{stuck['orderId']}"}
    problem(
        operator("POST", path_of(stuck, "/resolve"), {"outcome": "declined", **WHY}),
        409,
        "contradicted-by-books",
    )
    made = operator("POST", path_of(stuck, "/resolve"), said, headers=key)
    assert made.status_code == 200, made.text
    decision = made.json()
    assert (decision["action"], decision["outcome"]) == ("resolve", "captured")
    assert (decision["subject"], decision["actor"]) == (
        stuck["orderId"],
        operator.account["accountId"],
    )
    assert operator("POST", path_of(stuck, "/resolve"), said, headers=key).json() == decision
    problem(operator("POST", path_of(stuck, "/resolve"), said), 409, "not-to-be-undone")
    problem(
        operator("POST", path_of(stuck, "/retry"), WHY, headers=key), 409, "decision-key-reused"
    )
    shown = operator("GET", path_of(stuck)).json()
    assert (shown["state"], shown["decisions"]) == ("SHIPPING", [decision])
    assert [fact["kind"] for fact in shown["facts"]] == ["capture"]
    assert shown["timeline"][-1]["actor"] == operator.account["accountId"]
    audit = operator("GET", "/ops/decisions", params={"subject": stuck["orderId"]}).json()
    assert audit == {"decisions": [decision], "nextCursor": None}


def test_the_lists_go_on_page_by_page(operator: Person, stuck: Mapping[str, Any]) -> None:
    for _ in range(3):
        assert operator("POST", path_of(stuck, "/retry"), WHY).json()["outcome"] == "due"
    for path, rows, name in (
        ("/ops/sagas?size=1", "sagas", "orderId"),
        (f"/ops/decisions?size=1&subject={stuck['orderId']}", "decisions", "decisionId"),
    ):
        whole = operator("GET", path.replace("size=1", "size=2")).json()
        first = operator("GET", path).json()
        second = operator("GET", f"{path}&cursor={first['nextCursor']}").json()
        assert [x[name] for x in first[rows] + second[rows]] == [x[name] for x in whole[rows]]
        problem(operator("GET", f"{path}&cursor=none"), 400, "bad-cursor")


def test_what_is_wrong_is_named_and_nothing_is_decided(
    operator: Person, stuck: Mapping[str, Any]
) -> None:
    assert pointers(operator("POST", path_of(stuck, "/retry"), {"reason": " "})) == [
        "/evidence",
        "/reason",
    ]
    card = {"reason": "card 4242 4242 4242 4242", "evidence": "x" * 501}
    refused = operator("POST", path_of(stuck, "/retry"), card)
    assert pointers(refused) == ["/evidence", "/reason"]
    assert "4242" not in refused.text
    assert pointers(operator("POST", path_of(stuck, "/resolve"), {**WHY, "outcome": "paid"})) == [
        "/outcome"
    ]
    assert pointers(operator("GET", "/ops/sagas?state=LOST&size=101&olderThan=soon")) == [
        "/olderThan",
        "/size",
        "/state",
    ]
    for unknown in ("none", "%00", "0" * 36):
        for method, what, body in (("GET", "", None), ("POST", "/retry", WHY)):
            path = f"/ops/sagas/{unknown}{what}"
            problem(operator(method, path, body), 404, "saga-not-found")
    assert operator("GET", path_of(stuck)).json()["decisions"] == []


def test_sagas_are_found_by_age_and_alarm(operator: Person, stuck: Mapping[str, Any]) -> None:
    def found(**query: str) -> bool:
        page = operator("GET", "/ops/sagas", params={"size": "100", **query}).json()
        return stuck["orderId"] in [saga["orderId"] for saga in page["sagas"]]

    assert found(olderThan="2100-01-01")
    assert not found(olderThan="2020-01-01")
    assert not found(alarmed="true")
    assert not found(state="COMPLETED")
