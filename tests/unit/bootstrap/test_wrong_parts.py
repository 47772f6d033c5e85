"""A part that cannot be one is refused when the shop is built, by its name, in words."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_core.assembly import Parts
from commerce_core.checkout import CheckoutRule, ProposedOrder
from commerce_core.kernel.part_types import check_type
from commerce_core.kernel.subscribing import subscribe
from commerce_core.orders import OrderCompleted
from commerce_core.search import SearchIndex
from commerce_testkit.memory.clock import SettableClock
from commerce_testkit.memory.search import MemorySearchIndex
from commerce_testkit.memory.shop import MemoryParts, memory_shop


class AtMostThree(CheckoutRule):
    answers_at_once = True

    def check(self, order: ProposedOrder, /) -> None:
        """Anything goes."""


def function(_: object) -> None:
    """Hears of something."""


GATEWAY = MemoryParts().gateway
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"gateways": GATEWAY}, "Parts.gateways must be a mapping of at least one name to Payment"),
    ({"gateways": {}}, "Parts.gateways must be a mapping of at least one name to PaymentGateway"),
    (
        {"carriers": {"dhl": GATEWAY}},
        r"Parts.carriers\['dhl'\] must be an instance of Carrier, not",
    ),
    (
        {"subscribers": [function]},
        r"Parts.subscribers\[0\] must be an instance of Consumer, not fu",
    ),
    ({"subscribers": function}, "Parts.subscribers must be a list of Consumer, not function"),
    ({"rules": [AtMostThree]}, r"Parts.rules\[0\] must be .* CheckoutRule, not the class AtMostT"),
    ({"rules": AtMostThree()}, "Parts.rules must be a list of CheckoutRule, not AtMostThree"),
    ({"numbers": AtMostThree()}, "Parts.numbers .* OrderNumbers, not .*, which has no numbers"),
    ({"route": "sandbox"}, "Parts.route must be a function, not str"),
    ({"definitions": "wrapped"}, "Parts.definitions must be an instance of Definitions, not str"),
    ({"charge": None}, "Parts has no charge; it has .*charges"),
]


@pytest.mark.parametrize(("given", "words"), WRONG)
def test_a_wrong_part_is_named_before_anything_is_opened(
    given: dict[str, Any], words: str, tmp_path: Path
) -> None:
    wrong: Any = partial(Parts, **given)
    with pytest.raises(TypeError, match=words):
        build_shop(Settings.in_folder(tmp_path / "shop"), parts=wrong)
    assert list(tmp_path.iterdir()) == []
    if "charge" not in given:
        with pytest.raises(TypeError, match=words):
            memory_shop(own=wrong)


@pytest.mark.parametrize("given", [{"rules": []}, {}, partial(dict, rules=[]), [AtMostThree()]])
def test_parts_that_are_no_parts_are_refused(given: Any, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"parts must be partial\(Parts, charges=…\), not"):
        build_shop(Settings.in_folder(tmp_path), parts=given)


def test_what_has_the_methods_of_a_port_is_a_part_whatever_it_derives_from() -> None:
    class Duck:
        def check(self, order: ProposedOrder, /) -> None:
            """Anything goes."""

    assert memory_shop(own=partial(Parts, rules=[Duck()])).checkout


@pytest.mark.parametrize("events", [OrderCompleted, [], ["order-completed"], None])
def test_a_subscription_to_no_list_of_events_is_refused(events: Any) -> None:
    with pytest.raises(ValueError, match="points: the events must be a list of classes"):
        subscribe("points", events, function)


def test_no_property_of_a_part_is_read_while_it_is_examined() -> None:
    class Away(MemorySearchIndex):
        """Its server does not answer."""

        @property
        def needs_rebuild(self) -> bool:
            raise ConnectionError("the server is away")

    check_type("Parts.index", SearchIndex, Away(currency="USD", clock=SettableClock()))
