"""What people send about their webhooks."""

from typing import Any, Final

import attrs

from commerce_core.catalog import ItemChanged
from commerce_core.inventory import AvailabilityChanged
from commerce_core.kernel.codec import ABSENT
from commerce_core.kernel.public_address import LONGEST_URL
from commerce_core.orders import EVENT_OF

#: The wire names of the events that can be followed.
EVENTS: Final = (
    ItemChanged.name,
    AvailabilityChanged.name,
    *(event.name for event in EVENT_OF.values()),
)
_LONGEST_DESCRIPTION: Final = 500


def _url(_: object, _attribute: "attrs.Attribute[str]", value: str) -> None:
    if value is not ABSENT and not 1 <= len(value) <= LONGEST_URL:
        raise ValueError(f"must be 1 to {LONGEST_URL} characters")


def _events(_: object, _attribute: "attrs.Attribute[Any]", value: tuple[str, ...]) -> None:
    if value is ABSENT:
        return
    if not 1 <= len(value) <= len(EVENTS):
        raise ValueError(f"must name 1 to {len(EVENTS)} events")
    if any(name not in EVENTS for name in value):
        raise ValueError(f"must be among {', '.join(EVENTS)}")


def _description(_: object, _attribute: "attrs.Attribute[str]", value: str) -> None:
    if value is not ABSENT and len(value) > _LONGEST_DESCRIPTION:
        raise ValueError(f"must have at most {_LONGEST_DESCRIPTION} characters")


_URL_SCHEMA: Final = {"format": "uri", "minLength": 1, "maxLength": LONGEST_URL}
_EVENTS_SCHEMA: Final = {"minItems": 1, "maxItems": len(EVENTS)}


@attrs.frozen(kw_only=True)
class NewEndpoint:
    """Have *events* (by their wire names) sent to *url*."""

    url: str = attrs.field(validator=_url, metadata={"schema": _URL_SCHEMA})
    events: tuple[str, ...] = attrs.field(validator=_events, metadata={"schema": _EVENTS_SCHEMA})
    description: str = attrs.field(
        default="", validator=_description, metadata={"schema": {"maxLength": _LONGEST_DESCRIPTION}}
    )


@attrs.frozen(kw_only=True)
class ChangeEndpoint:
    """Change what is given; *enabled* of ``false`` ends the sending, ``true`` begins it anew."""

    url: str = attrs.field(default=ABSENT, validator=_url, metadata={"schema": _URL_SCHEMA})
    events: tuple[str, ...] = attrs.field(
        default=ABSENT, validator=_events, metadata={"schema": _EVENTS_SCHEMA}
    )
    description: str = attrs.field(
        default=ABSENT,
        validator=_description,
        metadata={"schema": {"maxLength": _LONGEST_DESCRIPTION}},
    )
    enabled: bool = ABSENT
