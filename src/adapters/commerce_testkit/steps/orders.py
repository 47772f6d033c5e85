"""Orders: how they end, who sees them, and the events on the way."""

from collections.abc import Mapping
from typing import Any, Final

from pytest_bdd import step, then

from commerce_testkit.shop import OrderDetails
from commerce_testkit.steps.accounts import COUNTRIES
from commerce_testkit.steps.cart import cart_of
from commerce_testkit.steps.checkout import address_of, pay, pays_with_card
from commerce_testkit.steps.phrases import named, rows, says, steps_called
from commerce_testkit.story import Placed, Story

CAUSES: Final = {
    "the payment was declined": "payment-declined",
    "it cannot be shipped": "cannot-ship",
    "the buyer wished it": "cancelled-by-buyer",
}
_RESULTS: Final = {"approved": "approved", "failed": "failed", "done nothing": "nothing"}


def _placed(story: Story) -> Placed:
    assert story.placed is not None, "no order was placed"
    return story.placed


def _ended(story: Story) -> OrderDetails:
    story.until(lambda: story.order().is_over, "the order is over")
    return story.order()


def _timeline(order: OrderDetails) -> list[str]:
    return [entry.what for entry in order.timeline]


@step(says("{who:Who} has paid, and the order is completed"))
def has_completed(story: Story, who: str) -> None:
    pay(story, who)
    ends_completed(story)


@step(says("{who:Who} has cancelled an order, and it is undone"))
def has_cancelled(story: Story, who: str) -> None:
    pays_with_card(story, who, "is slow to answer")
    cancels(story, who)
    ends_cancelled(story, "the buyer wished it")


@step(says("{who:Who} has paid in vain with a card that {card:Words}"))
def has_paid_in_vain(story: Story, who: str, card: str) -> None:
    pays_with_card(story, who, card)
    ends_cancelled(story, "the payment was declined")


@then("the order ends completed")
def ends_completed(story: Story) -> None:
    order = _ended(story)
    assert order.status == "COMPLETED", order


@then(says("the order ends cancelled because {cause:Words}"))
def ends_cancelled(story: Story, cause: str) -> None:
    order = _ended(story)
    assert (order.status, order.cancelled_because) == ("CANCELLED", CAUSES[cause]), order


@then(says('the order reports "{facts:Text}"'))
def reports(story: Story, facts: str) -> None:
    wanted = steps_called(facts)
    recorded = _timeline(_ended(story))
    assert [fact for fact in recorded if fact in wanted] == wanted, recorded


@then(says('the order reports "{fact:Text}" once'))
def reports_once(story: Story, fact: str) -> None:
    (wanted,) = steps_called(fact)
    recorded = _timeline(_ended(story))
    assert recorded.count(wanted) == 1, recorded


@then(says('the order never reports "{fact:Text}"'))
def never_reports(story: Story, fact: str) -> None:
    (unwanted,) = steps_called(fact)
    recorded = _timeline(_ended(story))
    assert unwanted not in recorded, recorded


@then("the steps of the order are in the order of their times")
def times_ascend(story: Story) -> None:
    times = [entry.at for entry in story.order().timeline]
    assert times == sorted(times)
    assert times


@then(says('the order notes "{name:Text}" as "{value:Text}"'))
def order_notes(story: Story, name: str, value: str) -> None:
    assert story.order().metadata == {name: value}


@then(says('the order notes "{note:Text}" as "{value:Text}" with "{name:Text}"'))
def order_line_notes(story: Story, note: str, value: str, name: str) -> None:
    assert _notes_of_line(story.order(), story.item_id(name)) == {note: value}


@then(
    says('{who:Who} sees that the order notes "{note:Text}" as "{value:Text}" with "{name:Text}"')
)
def seller_sees_note(story: Story, who: str, note: str, value: str, name: str) -> None:
    def sold() -> OrderDetails:
        return story.shop.order(story.visitor(who), _placed(story).order_id)

    story.until(lambda: bool(sold()), "the seller's list has the order")
    assert _notes_of_line(sold(), story.item_id(name)) == {note: value}
    assert sold().metadata is None


def _notes_of_line(order: OrderDetails, item_id: str) -> Mapping[str, Any]:
    items = [item for item, _ in order.lines]
    return order.line_metadata[items.index(item_id)]


@then(says("the order is paid with a card that ends in {last4:Count}"))
def is_paid(story: Story, last4: int) -> None:
    order = story.order()
    assert (order.payment_status, order.last4) == ("paid", str(last4))


@then("the payment of the order is refunded")
def is_refunded(story: Story) -> None:
    assert story.order().payment_status == "refunded"


@then("the order has a parcel with a number to follow")
def has_parcel(story: Story) -> None:
    assert story.order().tracking_number


@then(says("the order says that its lines are back in the cart of {who:Who}"))
def lines_are_back(story: Story, who: str) -> None:
    assert story.order().cart_of_lines == cart_of(story, who).cart_id


@then(says('{who:Who} has an order of {quantity:Count} of "{name:Text}" for {total:Amount}'))
def has_order_of(story: Story, who: str, quantity: int, name: str, total: str) -> None:
    newest = _orders(story, who)[0]
    assert (newest.lines, newest.total.amount) == (((story.item_id(name), quantity),), total)


@then(says("{who:Who} has an order for {total:Amount}"))
def has_order_for(story: Story, who: str, total: str) -> None:
    assert _orders(story, who)[0].total.amount == total


@then(says("{who:Who} has {count:Count} [order|orders]"))
def has_orders(story: Story, who: str, count: int) -> None:
    assert len(_orders(story, who)) == count


@step(says("{who:Who} looks at the own orders"))
def looks_at_own_orders(story: Story, who: str) -> None:
    story.shown_orders = story.attempt(lambda: _orders(story, who)) or ()


@then(says('{who:Who} sees orders for "{totals:Text}"'))
def sees_orders(story: Story, totals: str) -> None:
    assert [order.total.amount for order in story.shown_orders] == named(totals)


def _orders(story: Story, who: str) -> tuple[OrderDetails, ...]:
    return story.shop.orders(story.visitor(who))[0]


@step(says("{who:Who} leafs through the own orders {size:Count} at a time"))
def leafs_through_orders(story: Story, who: str, size: int) -> None:
    story.pages, story.shown_orders, cursor, more = [], (), None, True
    while more:
        page, cursor = story.shop.orders(story.visitor(who), cursor, size)
        story.shown_orders += page
        story.pages.append([order.total.amount for order in page])
        more = cursor is not None


@then(says("{who:Who} has seen {pages:Count} pages"))
def has_seen_pages(story: Story, pages: int) -> None:
    assert len(story.pages) == pages


@then("the order goes to")
def goes_to(story: Story, datatable: list[list[str]]) -> None:
    (wanted,) = (address_of(row) for row in rows(datatable))
    address = story.order().address or {}
    assert {name: address.get(name) for name in wanted} == wanted


@then(says("the order goes to an address in {country:Who}"))
def goes_to_country(story: Story, country: str) -> None:
    assert (story.order().address or {}).get("country") == COUNTRIES[country]


@step("the carrier does not deliver to Antarctica")
def carrier_leaves_out(story: Story) -> None:
    """The sandbox carrier does not, and there is no other rule to read it by."""
    assert story.placed is None, "an order is on its way already"


@step(says("{who:Who} looks at the order of {other:Who}"))
def looks_at_order(story: Story, who: str) -> None:
    order_id = _placed(story).order_id
    story.attempt(lambda: story.shop.order(story.visitor(who), order_id))


@step(says("{who:Who} looks at an order that does not exist"))
def looks_at_unknown(story: Story, who: str) -> None:
    story.attempt(
        lambda: story.shop.order(story.visitor(who), "00000000-0000-7000-8000-000000000000")
    )


@then(
    says(
        '{who:Who} is shown the order, completed, with {quantity:Count} of "{name:Text}" and '
        "nothing else"
    )
)
def seller_is_shown(story: Story, who: str, quantity: int, name: str) -> None:
    order_id, seller = _placed(story).order_id, story.visitor(who)
    story.until(
        lambda: story.shop.order(seller, order_id).status == "COMPLETED",
        f"{who} is shown the completed order",
    )
    shown = story.shop.order(seller, order_id)
    assert shown.lines == ((story.item_id(name), quantity),)
    assert [order.order_id for order in _orders(story, who)] == [order_id]


@step(says("{who:Who} [cancels|has cancelled] the order"))
@step(says("{who:Who} cancels the order of {other:Who}"))
def cancels(story: Story, who: str) -> None:
    order_id = _placed(story).order_id
    story.attempt(lambda: story.shop.cancel(story.visitor(who), order_id))


@step(says("{who:Who} has been asked to act by the bank"))
def has_been_asked(story: Story, who: str) -> None:
    pays_with_card(story, who, "has a bank that wants to see the buyer")
    waits_for_buyer(story)


@step(says("{who:Who} has been asked to act by a bank that declines afterwards"))
def has_been_asked_in_vain(story: Story, who: str) -> None:
    pays_with_card(story, who, "is declined after its bank has seen the buyer")
    waits_for_buyer(story)


@then("the order waits for its buyer")
def waits_for_buyer(story: Story) -> None:
    story.until(
        lambda: story.order().payment_status == "action-required", "the order waits for its buyer"
    )
    story.waits = True
    assert story.order().status == "PENDING"
    assert _timeline(story.order())[-1] == "PaymentActionRequired"


@step(says("{who:Who} comes back from the bank having {done:Words}"))
def comes_back(story: Story, who: str, done: str) -> None:
    order_id, result = _placed(story).order_id, _RESULTS[done]
    story.attempt(lambda: story.shop.come_back(story.visitor(who), order_id, result))


@step(says("{who:Who} follows the order"))
@step(says("{who:Who} follows the order of {other:Who}"))
def follows(story: Story, who: str) -> None:
    _follow(story, who, 0)


@step(says("{who:Who} follows the order from step {seq:Count}"))
def follows_from(story: Story, who: str, seq: int) -> None:
    _follow(story, who, seq)


def _follow(story: Story, who: str, after: int) -> None:
    order_id = _placed(story).order_id
    received: Any = story.attempt(lambda: story.shop.events(story.visitor(who), order_id, after))
    story.received = tuple(received or ())


@then(says('{who:Who} receives "{facts:Text}"'))
def receives_events(story: Story, facts: str) -> None:
    assert list(story.received) == steps_called(facts)


@then(says('{who:Who} receives "{fact:Text}" first'))
def receives_first(story: Story, fact: str) -> None:
    assert list(story.received[:1]) == steps_called(fact)


@then(says('{who:Who} receives "{fact:Text}" last'))
def receives_last(story: Story, fact: str) -> None:
    assert list(story.received[-1:]) == steps_called(fact)


@then(says("{who:Who} receives nothing"))
def receives_nothing(story: Story) -> None:
    assert story.received == ()
