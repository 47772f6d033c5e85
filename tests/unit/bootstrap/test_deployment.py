"""What a shop's addresses and parts say about how it is laid out, and what follows from that."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import Settings
from commerce_core.checkout import OURS
from commerce_sqlalchemy import postgres

SERVER: Final = "postgresql://shop@db/shop"
BROKER: Final = "amqp://localhost"


def part(*, answers_at_once: bool) -> Any:
    return SimpleNamespace(answers_at_once=answers_at_once)


def complete(settings: Settings, *, index: bool = True, waits: str = "") -> Deployment:
    """The deployment of a shop whose parts answer at once, but for the one that *waits*."""
    parts = {
        name: part(answers_at_once=name != waits)
        for name in ("gateway", "carrier", "rule", "numbers")
    }
    return Deployment.of(settings).with_parts(
        part(answers_at_once=index), {"g": parts["gateway"]}, {"c": parts["carrier"]},
        [parts["rule"]], parts["numbers"], OURS
    )  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "on_server", "inside"),
    [
        (Settings(), False, True),
        (Settings(broker_url=BROKER), False, False),
        (Settings(database_url=SERVER), True, True),
        (Settings(database_url=SERVER, broker_url=BROKER), True, False),
    ],
)
def test_addresses_say_where_the_database_and_the_events_are(
    settings: Settings, on_server: bool, inside: bool
) -> None:
    found = Deployment.of(settings)
    assert (found.on_server, found.delivers_inside) == (on_server, inside)
    assert found.reads_at_once is not on_server


@pytest.mark.parametrize("scheme", postgres.SCHEMES)
def test_each_scheme_of_the_server_is_known(scheme: str) -> None:
    assert Deployment.of(Settings(database_url=f"{scheme}://shop@db/shop")).on_server


def test_no_shop_is_kept_at_any_other_address() -> None:
    with pytest.raises(WrongSetting, match=r"COMMERCE_DATABASE_URL .* not mysql://"):
        Deployment.of(Settings(database_url="mysql://db/shop"))


def test_a_broker_that_is_handed_in_says_itself_how_it_delivers() -> None:
    inside, outside = Settings(), Settings(broker_url=BROKER)
    assert not Deployment.of(inside, lambda _: None).delivers_inside
    assert Deployment.of(outside, part(answers_at_once=True)).delivers_inside


@pytest.mark.parametrize(
    ("settings", "waits", "takes_turns"),
    [
        (Settings(), "", True),
        (Settings(), "gateway", False),
        (Settings(), "carrier", False),
        (Settings(), "rule", False),
        (Settings(), "numbers", False),
        (Settings(broker_url=BROKER), "", False),
        (Settings(database_url=SERVER), "", False),
    ],
)
def test_threads_take_turns_where_nothing_waits_outside_the_process(
    settings: Settings, waits: str, takes_turns: bool
) -> None:
    found = complete(settings, waits=waits)
    assert found.takes_turns is takes_turns
    assert found.calls_inside is (waits == "")


def test_until_the_parts_have_said_so_nothing_answers_at_once() -> None:
    found = Deployment.of(Settings())
    assert (found.calls_inside, found.searches_inside, found.takes_turns) == (False, False, False)


def test_an_embedded_index_is_searched_one_by_one_unless_the_settings_say_otherwise() -> None:
    assert complete(Settings(pool_size=6)).searches == 1
    assert complete(Settings(pool_size=6), index=False).searches == 6
    assert complete(Settings(pool_size=6, searches_at_once=3)).searches == 3


def test_a_sandbox_is_known_wherever_it_is_named() -> None:
    real = Settings(payment_urls=("stripe://key",), carrier_url="carrier://there")
    assert list(Deployment.of(real).sandboxes) == []
    mixed = Settings(payment_urls=("stripe://key", "sandbox:///p.db?name=play"))
    assert list(Deployment.of(mixed).sandboxes) == ["PAYMENT_URLS", "CARRIER_URL"]
    embedded = Settings.in_folder(Path("shop"))
    assert list(Deployment.of(embedded).sandboxes) == ["PAYMENT_URLS", "CARRIER_URL"]
