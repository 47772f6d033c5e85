"""The page about operations tells the figures, alarms and sizes that there are."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import CollectorRegistry

from commerce_bootstrap.database import _OWN_THREADS
from commerce_bootstrap.settings import FROM_FILE, IN_FILES, Settings
from commerce_bootstrap.settings_report import described
from commerce_cli.main import build_app
from commerce_core.checkout import Timing
from commerce_http.main import create_app
from commerce_sqlalchemy.transaction import _OVERFLOW
from commerce_worker.main import ROLES
from tests.integration.market import open_market

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
RULES: Final[list[dict[str, Any]]] = yaml.safe_load((ROOT / "ops" / "alerts.yml").read_text())[
    "groups"
][0]["rules"]
DOCUMENTED: Final = {
    name: (kind, frozenset(re.findall("`([a-z]+)`", labels)))
    for name, kind, labels in re.findall(
        r"^\| `(\w+)` \| (counter|histogram|gauge) \| (.*?)\| ", PAGE, re.MULTILINE
    )
}
#: The labels of what a small shop has no sample of: nothing waits at a broker that is not there.
WITHOUT_SAMPLES: Final = {
    "commerce_sagas_unknown": frozenset({"definition", "version"}),
    "commerce_saga_call_seconds": frozenset({"call", "outcome"}),
    "commerce_queue_messages": frozenset({"consumer"}),
    "commerce_webhook_endpoints_disabled_total": frozenset({"reason"}),
    "commerce_payment_notices_total": frozenset({"gateway", "outcome"}),
    "http_requests_total": frozenset({"method", "route", "status"}),
    "http_request_duration_seconds": frozenset({"method", "route"}),
}


def figures(registry: CollectorRegistry) -> dict[str, tuple[str, frozenset[str]]]:
    """Kind and labels of everything in *registry*, by the name that a rule would use."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for family in registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = frozenset(label for sample in family.samples for label in sample.labels) - {"le"}
        found[name] = (family.type, labels or WITHOUT_SAMPLES.get(name, frozenset()))
    return found


def test_the_page_tells_of_every_figure_with_its_labels_and_of_no_other(tmp_path: Path) -> None:
    with open_market(tmp_path) as market:
        create_app(market.shop)
        registry = market.shop.registry
        market.buy(market.item(3))
        market.shop.retention.run_once(1)
        market.shop.ledger.run_once()
        while market.shop.model_builder.run_once(100):
            pass
        assert figures(registry) == DOCUMENTED
        waiting = {"consumer": "search-indexer"}
        assert registry.get_sample_value("commerce_queue_messages", waiting) == 1
        assert registry.get_sample_value("commerce_sagas", {"state": "PLACED"}) == 1
        assert (
            registry.get_sample_value("commerce_sagas_oldest_seconds", {"state": "PLACED"}) or 0
        ) > 0
        assert (registry.get_sample_value("commerce_outbox_messages") or 0) > 1
        assert registry.get_sample_value("commerce_part_up", {"part": "database"}) == 1
        assert (
            registry.get_sample_value("commerce_group_items_count", {"batcher": "placement"}) == 1
        )


def test_the_page_tells_of_every_alert_in_the_order_of_the_rules() -> None:
    assert re.findall(r"^\| `(Commerce\w+)` \| ", PAGE, re.MULTILINE) == [
        rule["alert"] for rule in RULES
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_looks_at_figures_that_there_are(rule: dict[str, Any]) -> None:
    used = {
        re.sub("_bucket$", "", name)
        for name in re.findall(r"\b(?:commerce|http)_\w+", rule["expr"])
    }
    assert used <= DOCUMENTED.keys()
    assert used or rule["expr"].startswith("up{")


def test_every_figure_with_a_trouble_of_its_own_has_an_alert() -> None:
    used = {
        name
        for rule in RULES
        for name in DOCUMENTED
        if re.search(rf"\b{name}(_bucket)?\b", rule["expr"])
    }
    assert DOCUMENTED.keys() - used == {
        "commerce_group_items",
        "commerce_sagas",
        "commerce_saga_call_seconds",
        "commerce_outbox_messages",
        "commerce_payment_notices_waiting",
        "commerce_retention_rows_total",
        "commerce_webhook_deliveries",
        "commerce_webhook_failing_endpoints",
    }


def test_the_page_tells_sizes_and_times_as_they_are() -> None:
    timing, settings = Timing(), Settings()
    (roles,) = re.findall(r"There are ((?:`[a-z-]+` ?)+)\.", PAGE)
    assert sorted(re.findall("[a-z-]+", roles)) == sorted(ROLES)
    assert f"| connections of a process | {settings.pool_size + _OWN_THREADS + _OVERFLOW} |" in PAGE
    assert f"| `COMMERCE_POOL_SIZE` | {settings.pool_size} |" in PAGE
    assert f"or carrier | {timing.call.total_seconds():g} s |" in PAGE
    assert (
        f"`COMMERCE_LEASE`: a worker's hold on an order | {timing.lease.total_seconds():g} s |"
        in PAGE
    )


def test_every_command_of_the_page_exists() -> None:
    commands = {
        tuple(found.split()[:2])
        for found in re.findall(
            r"commerce ([a-z]+(?: [a-z]+)?)", "\n".join(re.findall("`(commerce [^`\n]+)`", PAGE))
        )
    }
    assert {words[0] for words in commands} >= {
        "check",
        "messages",
        "migrate",
        "reindex",
        "sagas",
        "serve",
        "settings",
        "worker",
    }
    app = build_app()
    for command, *more in commands:
        assert command in app
        if command in ("messages", "sagas"):
            assert more[0] in app[command]


def test_every_setting_of_the_page_exists() -> None:
    known = {name for name, _, _ in described(Settings())} | {name + FROM_FILE for name in IN_FILES}
    assert set(re.findall(r"COMMERCE_[A-Z_]+", PAGE)) <= known
