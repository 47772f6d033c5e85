"""The invariants that one SKU and one order can show: pure functions."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

import attrs

from commerce_core.cart import Cart
from commerce_core.checkout.model import CallStatus, Operation, OutsideCall
from commerce_core.checkout.ports import MoneyFact, SagaRow
from commerce_core.inventory import Hold, HoldStatus, StockAudit
from commerce_core.kernel.audit import Violation
from commerce_core.kernel.money import Money
from commerce_core.notifications import Kind, Notification, Status
from commerce_core.orders import Fact, KeptNumber, Order, OrderKey, OrderState, OrderView
from commerce_core.payment import BookEntry
from commerce_core.refunds import Refund, RefundState


@attrs.frozen(kw_only=True)
class OrderEvidence:
    """Everything that is stored about one order."""

    row: SagaRow
    view: OrderView
    holds: Sequence[Hold]
    facts: Sequence[MoneyFact]
    refunds: Sequence[Refund] = ()
    entries: Sequence[BookEntry]
    cart: Cart | None
    returned_to: Cart | None
    duplicate_orders: Sequence[Order]
    numbered: OrderKey | None = None
    """The order that its number leads to."""
    told: Sequence[Notification] | None = None
    """What people are told of it; ``None``: it is too early, or it was over before anybody was
    told of anything.
    """


def check_stock(audit: StockAudit) -> Iterator[Violation]:
    """S1 to S3 for one SKU."""

    def broken(invariant: str, detail: str) -> Violation:
        return Violation(invariant=invariant, subject=f"sku {level.sku_id}", detail=detail)

    level = audit.level
    if not level.on_hand >= level.reserved >= 0:
        yield broken("S1", f"on hand {level.on_hand}, reserved {level.reserved}")
    if level.on_hand != audit.moved:
        yield broken("S2", f"on hand {level.on_hand}, but the movements sum to {audit.moved}")
    if level.reserved != audit.held:
        yield broken("S2", f"reserved {level.reserved}, but the holds sum to {audit.held}")
    if audit.committed + audit.held > audit.received:
        yield broken("S3", f"{audit.committed} sold and {audit.held} held of {audit.received}")


def check_numbers(kept: Sequence[KeptNumber]) -> Iterator[Violation]:
    """S18 for numbers: each leads to an order, which has it."""
    for x in kept:
        if x.of_order != x.number:
            detail = f"leads to order {x.key.order_id}, which does not have it"
            yield Violation(invariant="S18", subject=f"number {x.number}", detail=detail)


def check_order(evidence: OrderEvidence) -> Iterator[Violation]:
    """Every invariant that one order's evidence can show."""
    for check in (_money, _timeline, _contents, _ending, _messages):
        for invariant, detail in check(evidence):
            yield Violation(
                invariant=invariant,
                subject=f"order {evidence.row.saga.key.order_id}",
                detail=detail,
            )


_Found = Iterator[tuple[str, str]]


def _money(e: OrderEvidence) -> _Found:
    total, state = e.view.order.total, e.view.state
    undone = state in (OrderState.COMPENSATING, OrderState.CANCELLED)
    captures = [entry.amount for entry in e.entries if entry.kind == "capture"]
    captured_sums, refunded = _sums(captures), _given_back(e.entries)
    captured_facts = _sums(fact.amount for fact in e.facts if fact.kind == "capture")
    under_way = any(refund.state.is_open for refund in e.refunds)
    if len(captures) > 1:
        yield "S4", f"captured {len(captures)} times"
    # What is undone goes back as it was captured (L2).
    if any(amount != total for amount in captures) and not undone:
        yield "S5", f"captured {', '.join(map(str, captures))} for a total of {total}"
    if refunded - captured_sums:
        yield "S6", f"{refunded.total()} minor units given back, more than was captured"
    charge = e.row.saga.status(Operation.CHARGE)
    landed_late = state.is_final and captured_facts and not (charge and charge.is_open)
    if (
        e.row.saga.status(Operation.REFUND) is not None
        and charge is not CallStatus.OK
        and not landed_late
    ):
        yield "S8", "a refund was opened although the charge is not known to have happened"
    if any(call.digest != e.row.saga.digest for call in e.row.saga.calls.values()):
        yield "S7", "a call was made for another request than the order's"
    if state is OrderState.CANCELLED and captured_facts - _given_back(e.facts):
        yield "S13", "a capture is known, and neither a completed order nor a refund"
    back = {fact.ref for fact in e.facts if fact.kind == "refund-failed"}
    known = {(fact.ref, fact.kind) for fact in e.facts if fact.ref not in back}
    if strange := known - {(entry.ref, entry.kind) for entry in e.entries}:
        yield "L8", f"facts that the gateway's books do not show: {sorted(strange)}"
    missing = {(entry.ref, entry.kind) for entry in e.entries} - known
    if state.is_final and missing and not under_way:
        yield "L8", f"the gateway's books have more: {sorted(missing)}"
    if state.is_completed and not _is_net(e, captured_sums, refunded):
        yield "L2", f"completed, but the net charge is not {total} less what was given back"
    if state is OrderState.CANCELLED and captured_sums != refunded:
        yield "L2", "cancelled, but the buyer's money is kept"


def _given_back(entries: Sequence[BookEntry] | Sequence[MoneyFact]) -> Counter[str]:
    """What refunds sum to, less those that came back, which books show no more."""
    given = Counter(_sums(entry.amount for entry in entries if entry.kind == "refund"))
    given.subtract(_sums(entry.amount for entry in entries if entry.kind == "refund-failed"))
    return +given


def _is_net(e: OrderEvidence, captured: Counter[str], refunded: Counter[str]) -> bool:
    """Whether the buyer of a completed order has paid its total, less its refunds. One that is
    under way may have been carried out or not.
    """
    total = e.view.order.total
    paid = captured[total.currency] - refunded[total.currency]
    done = sum(r.amount.minor for r in e.refunds if r.state is RefundState.DONE)
    open_ = sum(r.amount.minor for r in e.refunds if r.state.is_open)
    others = (captured + refunded).keys() - {total.currency}
    return not others and total.minor - done - open_ <= paid <= total.minor - done


def _sums(amounts: Iterable[Money]) -> Counter[str]:
    """Minor units by currency: no two are ever mixed in one sum."""
    sums = Counter[str]()
    for amount in amounts:
        sums[amount.currency] += amount.minor
    return +sums


#: What may follow what in a timeline.
_AFTER: Final[Mapping[Fact, frozenset[Fact]]] = {
    Fact.ORDER_CREATED: frozenset({Fact.INVENTORY_RESERVED}),
    Fact.INVENTORY_RESERVED: frozenset(
        {
            Fact.PAYMENT_ACTION_REQUIRED,
            Fact.PAYMENT_COMPLETED,
            Fact.PAYMENT_DECLINED,
            Fact.INVENTORY_RELEASED,
            Fact.SHIPMENT_READY,
        }
    ),
    Fact.PAYMENT_ACTION_REQUIRED: frozenset(
        {Fact.PAYMENT_COMPLETED, Fact.PAYMENT_DECLINED, Fact.INVENTORY_RELEASED}
    ),
    Fact.PAYMENT_COMPLETED: frozenset(
        {Fact.SHIPMENT_READY, Fact.INVENTORY_RELEASED, Fact.PAYMENT_REFUNDED}
    ),
    Fact.PAYMENT_DECLINED: frozenset({Fact.INVENTORY_RELEASED}),
    Fact.SHIPMENT_READY: frozenset({Fact.ORDER_COMPLETED}),
    Fact.INVENTORY_RELEASED: frozenset(
        {Fact.PAYMENT_COMPLETED, Fact.PAYMENT_REFUNDED, Fact.ORDER_CANCELLED}
    ),
    Fact.PAYMENT_REFUNDED: frozenset({Fact.ORDER_CANCELLED, Fact.INVENTORY_RELEASED}),
    Fact.ORDER_COMPLETED: frozenset(),
    Fact.ORDER_CANCELLED: frozenset(),
}


def _timeline(e: OrderEvidence) -> _Found:
    entries = e.view.timeline
    if (
        [entry.seq for entry in entries] != list(range(1, len(entries) + 1))
        or not entries
        or entries[0].fact is not Fact.ORDER_CREATED
    ):
        yield "S9", "the timeline has gaps or does not begin with OrderCreated"
    # Steps of a shop's own stand between any two.
    timeline = [entry for entry in entries if entry.fact is not Fact.STEP_ANSWERED]
    for before, after in pairwise(timeline):
        free = e.view.order.total.minor == 0  # only what costs nothing is sent without being paid
        unpaid = (
            before.fact is Fact.INVENTORY_RESERVED
            and after.fact is Fact.SHIPMENT_READY
            and not free
        )
        if after.fact not in _AFTER[before.fact] or unpaid:
            yield "S9", f"{after.fact.value} after {before.fact.value}"
    is_over = e.view.state.is_final or e.view.state.is_completed
    if timeline and timeline[-1].fact.is_last != is_over:
        yield "S9", f"{e.view.state.value}, but the timeline ends with {timeline[-1].fact.value}"


def _contents(e: OrderEvidence) -> _Found:
    order = e.view.order
    lines = sum((line.total for line in order.lines), start=Money.zero(order.total.currency))
    adjusted = sum((a.amount for a in order.adjustments if not a.included), start=lines)
    if adjusted != order.total:
        yield "S17", f"lines and adjustments sum to {adjusted}, the total is {order.total}"
    if order.number is not None and e.numbered != e.row.saga.key:
        yield "S18", f"its number {order.number} does not lead to it"
    if any(
        other.idem_key is not None and other.idem_key == order.idem_key
        for other in e.duplicate_orders
    ):
        yield "S11", "another order was placed with its idempotency key"
    if any(other.cart_id == order.cart_id for other in e.duplicate_orders):
        yield "S16", "another order was made of its cart"
    if e.cart is None or e.cart.version != order.cart_version + 1:
        yield "S16", "its cart is gone, or was changed after it had become the order"
    elif Counter({x.sku_id: x.quantity for x in e.cart.lines}) != Counter(
        {x.sku_id: x.quantity for x in order.lines}
    ):
        yield "S16", "its lines are not those of its cart"


def _ending(e: OrderEvidence) -> _Found:
    state, statuses = e.view.state, {hold.status for hold in e.holds}
    if state is OrderState.AWAITING_BUYER:
        if statuses != {HoldStatus.HELD}:
            yield "S21", "its buyer is waited for, and its goods are not held"
        if e.view.next_action is None or e.row.saga.buyer_until is None:
            yield "S21", "its buyer is waited for, and nothing says what for and until when"
    want = Counter({line.sku_id: line.quantity for line in e.view.order.lines})
    if Counter({hold.sku_id: hold.quantity for hold in e.holds}) != want:
        yield "S2", "what is held is not what was ordered"
    if state.is_completed and (statuses != {HoldStatus.COMMITTED} or e.view.shipment is None):
        yield "L2", "completed, but its goods did not leave or have no shipment"
    if state is OrderState.CANCELLED and statuses != {HoldStatus.RELEASED}:
        yield "L2", "cancelled, but its goods are not free"
    if (
        state is OrderState.CANCELLED
        and e.row.saga.call(Operation.SHIP)
        and e.row.saga.status(Operation.UNSHIP) is not CallStatus.OK
    ):
        yield "L2", "cancelled, but its parcel may be on its way"
    if state is OrderState.CANCELLED and (
        left := [c.operation for c in e.row.saga.calls.values() if _is_left_done(c)]
    ):
        yield "L2", f"cancelled, but not undone: {', '.join(sorted(left))}"
    if state is OrderState.CANCELLED and e.returned_to is None:
        yield "L11", "cancelled, but its lines are in no cart"
    if state.is_final and e.row.lease_until is not None:
        yield "L5", "over, but a lease is held on it"


def _is_left_done(call: OutsideCall) -> bool:
    """Whether it undoes a step of the shop's own, and is not known to have done so."""
    return call.operation.is_undo and call.status is not CallStatus.OK


#: What its buyer is told at the end of an order, and what would contradict it.
_LAST_WORD: Final = {
    OrderState.COMPLETED: ({Kind.ORDER_CONFIRMED, Kind.ORDER_COMPLETED}, {Kind.ORDER_CANCELLED}),
    OrderState.CANCELLED: (
        {Kind.ORDER_CANCELLED},
        {Kind.ORDER_CONFIRMED, Kind.ORDER_COMPLETED, Kind.NEW_ORDER},
    ),
}


def _messages(e: OrderEvidence) -> _Found:
    if e.told is None or e.view.state not in _LAST_WORD:
        return
    wanted, contrary = _LAST_WORD[e.view.state]
    kinds = {n.kind for n in e.told if n.person == e.view.order.buyer_id}
    if missing := sorted(wanted - kinds):
        yield "L6", f"nobody wrote {', '.join(missing)} down"
    for kind in sorted({n.kind for n in e.told if n.status is Status.SENT} & contrary):
        yield "L6", f"{kind} was sent, and the order is {e.view.state.value}"
