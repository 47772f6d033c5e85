"""A worker says which part is down that its roles need, and nothing of the others."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import httpx
import pytest
from prometheus_client import CollectorRegistry

from commerce_bootstrap.health import HealthServer
from commerce_worker.main import ROLES, Worker, checks_of
from tests.integration.market import open_market


def fetch(url: str) -> tuple[int, Any]:
    try:
        with urlopen(url, timeout=60) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize(
    ("roles", "needs"),
    [
        (ROLES, {"database", "search", "broker", "worker"}),
        (("sagas", "timers"), {"database", "worker"}),
        (("relay",), {"database", "broker", "worker"}),
        (("reindex",), {"database", "search", "worker"}),
    ],
)
def test_a_worker_looks_at_the_parts_that_its_roles_need(
    roles: Collection[str], needs: set[str], tmp_path: Path
) -> None:
    with open_market(tmp_path) as market:
        checks = checks_of(market.shop, roles, Worker(market.shop.work, []))
        assert checks.keys() == needs
        assert [part for part, check in checks.items() if check()] == []


def test_a_worker_names_every_part_that_is_down() -> None:
    checks = {
        "database": lambda: "no answer within 2 s",
        "search": lambda: None,
        "broker": lambda: "refused",
    }
    with HealthServer("127.0.0.1", 0) as health:
        health.open(checks, CollectorRegistry())
        status, body = fetch(f"{health.address}/health/ready")
        assert (status, body["code"]) == (503, "not-ready")
        assert body["down"] == [{"part": "database"}, {"part": "broker"}]
        assert fetch(f"{health.address}/health/live")[0] == 200


def test_nobody_keeps_what_a_worker_tells_of_itself_or_guesses_what_it_is() -> None:
    with HealthServer("127.0.0.1", 0) as health, httpx.Client() as client:
        health.open({}, CollectorRegistry())
        for path in ("/health/live", "/health/ready", "/metrics", "/nothing", "//metrics"):
            body = client.get(f"{health.address}{path}").headers
            assert (body["cache-control"], body["x-content-type-options"]) == (
                "no-store",
                "nosniff",
            ), path
