"""Calls to outside parties: with time-outs, in parallel, and only where the orders in progress are
paid.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Final, cast

from opentelemetry.trace import Tracer

from commerce_bootstrap.builders import Storage
from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.metrics import CallMetrics
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import PREFIX, Settings
from commerce_bootstrap.tracing import FollowedCalls
from commerce_core.checkout import CheckoutRule, Definitions, OrderNumbers
from commerce_core.kernel.batching import FanOut, InlineFanOut
from commerce_core.kernel.deployment import answer_at_once
from commerce_core.kernel.events import Event
from commerce_core.kernel.messaging import Consumer
from commerce_core.kernel.subscribing import Invoke, Subscription
from commerce_core.payment import PaymentGateway
from commerce_core.shipping import Carrier
from commerce_local.batching import ThreadFanOut
from commerce_local.deadline import Deadline, NoAnswer, TooManyHang
from commerce_local.timed import TimedCarrier, TimedGateway, TimedNumbers, TimedRule

_CALLS_AT_ONCE: Final = 16
_INLINE_CALLS: Final = 64
#: To one party, those that hang included: a few more than are made at once by orders and by
#: requests.
_CALLS_UNDER_WAY: Final = 64


def timed_gateways(
    gateways: Mapping[str, PaymentGateway],
    settings: Settings,
    storage: Storage,
    closing: ExitStack[bool | None],
) -> Mapping[str, PaymentGateway]:
    """*gateways* with every call in time, but for those that answer inside this process.

    Raises:
        WrongSetting: an unfinished order is paid, or a refund under way, at one that is missing, or
            at another account of it (rule 2).
    """
    with storage.database.snapshot() as tx:
        used = {
            "unfinished orders are paid": sorted(storage.sagas.gateways_in_use(tx)),
            "refunds are under way": sorted(storage.refunds.gateways_in_use(tx)),
        }
    for what, places in used.items():
        for name, account in places:
            if name not in gateways:
                raise WrongSetting(f"{PREFIX}PAYMENT_URLS lacks {name}, at which {what}.")
            configured = gateways[name].capabilities().account
            if configured and configured != account:
                raise WrongSetting(
                    f"{PREFIX}PAYMENT_URLS: {name} is account {configured}, and {what} at its "
                    f"account {account}."
                )
    return {
        n: g if answer_at_once(g) else TimedGateway(g, _deadline(n, settings, closing))
        for n, g in gateways.items()
    }


def timed_carriers(
    carriers: Mapping[str, Carrier], settings: Settings, closing: ExitStack[bool | None]
) -> Mapping[str, Carrier]:
    """*carriers* with every call in time, but for those that answer inside this process."""
    return {
        n: c if answer_at_once(c) else TimedCarrier(c, _deadline(n, settings, closing))
        for n, c in carriers.items()
    }


def timed_rules(
    rules: Sequence[CheckoutRule], settings: Settings, closing: ExitStack[bool | None]
) -> Sequence[CheckoutRule]:
    """*rules* with every call in time, but for those that answer inside this process."""
    return [
        r if answer_at_once(r) else TimedRule(r, _deadline(type(r).__name__, settings, closing))
        for r in rules
    ]


def timed_numbers(
    numbers: OrderNumbers | None, settings: Settings, closing: ExitStack[bool | None]
) -> OrderNumbers | None:
    """*numbers* with every call in time, unless there are none, or they wait for nobody outside."""
    if numbers is None or answer_at_once(numbers):
        return numbers
    return TimedNumbers(numbers, _deadline(type(numbers).__name__, settings, closing))


def timed_subscribers(
    subscribers: Sequence[Consumer], settings: Settings, closing: ExitStack[bool | None]
) -> Sequence[Consumer]:
    """*subscribers*, each function called in time: one that hangs with an event has failed on it,
    and gets the next one, until too many of its calls hang.
    """
    return [_with_timeout(s, settings, closing) for s in subscribers]


def _with_timeout(
    subscriber: Consumer, settings: Settings, closing: ExitStack[bool | None]
) -> Consumer:
    if not isinstance(subscriber, Subscription):
        return subscriber
    named = cast("Subscription[Event]", subscriber)
    return named.invoked_by(_in_time(_deadline(named.name, settings, closing)))


def _in_time(deadline: Deadline) -> Invoke:
    def called(function: Callable[[], object]) -> object:
        try:
            return deadline.call(function)
        except TooManyHang:
            raise
        except NoAnswer as error:
            raise TimeoutError(error.detail) from error

    return called


def _deadline(party: str, settings: Settings, closing: ExitStack[bool | None]) -> Deadline:
    """One party's own, so that the calls that hang at one of them take no thread from another."""
    deadline = Deadline(party, settings.call_timeout, _CALLS_UNDER_WAY)
    closing.callback(deadline.close)
    return deadline


class TimedSteps:
    """Runs the outside calls of each custom step on threads of their own, with a time-out."""

    def __init__(
        self, definitions: Definitions, settings: Settings, closing: ExitStack[bool | None]
    ) -> None:
        self._deadlines = {
            step.name: _deadline(step.name, settings, closing)
            for step in definitions.own_steps
            if not answer_at_once(step)
        }

    def __call__(self, party: str, function: Callable[[], object], /) -> object:
        return self._deadlines[party].call(function)


def build_fan_out(
    deployment: Deployment,
    tracer: Tracer,
    calls: CallMetrics,
    closing: ExitStack[bool | None],
) -> FanOut:
    """How calls to gateways and carriers are made: on threads, unless all of them answer within the
    process.
    """
    if deployment.calls_inside:
        return FollowedCalls(InlineFanOut(_INLINE_CALLS), tracer, calls.note)
    fan_out = ThreadFanOut(_CALLS_AT_ONCE)
    closing.callback(fan_out.close)
    return FollowedCalls(fan_out, tracer, calls.note)
