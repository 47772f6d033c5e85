"""The page about events and the code tell the same."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NewType, get_args, get_origin, get_type_hints

import attrs
import pytest

from commerce_core.catalog import ItemChanged, PriceDropped
from commerce_core.inventory import AvailabilityChanged
from commerce_core.kernel.events import Event
from commerce_core.orders.events import EVENT_OF
from commerce_core.refunds import RefundFailed, RefundSucceeded
from commerce_rabbitmq import topology
from commerce_worker.consumers import CONSUMER_ROLES, DEAD_LETTERS

PAGE: Final = (Path(__file__).parents[2] / "docs" / "events.md").read_text(encoding="utf-8")
_ROW: Final = re.compile(r"^\| `([a-z_]+\.[a-z_]+\.v\d+)` \| (.*?) \| ", re.MULTILINE)
EVENTS: Final[Mapping[str, type[Event]]] = {
    e.name: e
    for e in (
        ItemChanged,
        PriceDropped,
        AvailabilityChanged,
        *EVENT_OF.values(),
        RefundSucceeded,
        RefundFailed,
    )
}


def every_kind(kind: type[Event] = Event) -> set[type[Event]]:
    return {kind, *(k for sub in kind.__subclasses__() for k in every_kind(sub))}


def json_kind(hint: object) -> str:
    """What a value with this annotation is in JSON."""
    if type(None) in get_args(hint):
        return f"{json_kind(next(a for a in get_args(hint) if a is not type(None)))} or null"
    plain = hint.__supertype__ if isinstance(hint, NewType) else get_origin(hint) or hint
    kinds = {str: "text", int: "number", bool: "true or false", Mapping: "object"}
    return kinds[plain]


def test_the_page_tells_of_every_event_and_of_no_other() -> None:
    in_code = {
        name
        for kind in every_kind()
        if kind.__module__.startswith("commerce_core.") and (name := vars(kind).get("name"))
    }
    assert in_code == EVENTS.keys()
    assert [name for name, _ in _ROW.findall(PAGE)] == list(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_the_page_tells_the_payload_of(name: str) -> None:
    kind = EVENTS[name]
    hints = get_type_hints(kind)
    fields = ", ".join(
        f"`{field.name}` {json_kind(hints[field.name])}" for field in attrs.fields(kind)
    )
    assert dict(_ROW.findall(PAGE))[name] == fields


def test_the_page_names_the_queues_and_roles_as_they_are() -> None:
    rows = re.findall(r"^\| `(commerce\.[a-z-]+)` \| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    ours = {topology.queue_of(name): role for name, role in CONSUMER_ROLES.items()}
    assert dict(rows) == {**ours, topology.DEAD_QUEUE: DEAD_LETTERS}
    assert f"**`{topology.EXCHANGE}`**" in PAGE
    assert f"delivery limit of {topology._DELIVERIES}," in PAGE
