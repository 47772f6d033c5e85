"""What people are notified of, and what they want to be notified of."""

from collections.abc import Mapping
from typing import Final

from pytest_bdd import step, then

from commerce_testkit.seen import SeenNotification
from commerce_testkit.steps.checkout import pay
from commerce_testkit.steps.phrases import says
from commerce_testkit.story import Story

_CONFIRMED: Final = "order-confirmed"
#: What a person is told of an order.
_NEWS: Final[Mapping[str, str]] = {
    "the order is confirmed": _CONFIRMED,
    "the order is completed": "order-completed",
    "the order is cancelled": "order-cancelled",
    "there is a new order": "new-order",
}
#: What a person calls the kinds and channels to choose from.
_CHOICES: Final[Mapping[str, str]] = {
    "confirmed orders": _CONFIRMED,
    "cancelled orders": "order-cancelled",
    "new orders": "new-order",
    "items back in stock": "back-in-stock",
    "lower prices": "price-dropped",
    "forgotten passwords": "password-reset",
    "e-mail": "email",
}


def _notifications(story: Story, who: str) -> list[SeenNotification]:
    """All notifications of *who*."""
    found: list[SeenNotification] = []
    cursor, more = None, True
    while more:
        page, cursor = story.shop.notifications(story.visitor(who), cursor, 100)
        found += page
        more = cursor is not None
    return found


def _of_order(story: Story, who: str) -> list[str]:
    assert story.placed is not None, "no order was placed"
    order_id = story.placed.order_id
    return [sent.kind for sent in _notifications(story, who) if sent.subject == order_id]


def _confirmation(story: Story, who: str) -> SeenNotification:
    return next(sent for sent in _notifications(story, who) if sent.kind == _CONFIRMED)


@then(says("{who:Who} is notified once that {news:Words}"))
def is_notified(story: Story, who: str, news: str) -> None:
    kind = _NEWS[news]
    story.until(
        lambda: kind in _of_order(story, who),
        f"{who} is notified by {kind}",
        lambda: _of_order(story, who),
    )
    sent = _of_order(story, who)
    assert sent.count(kind) == 1, sent


@then(says("{who:Who} is not notified that {news:Words}"))
def is_not_notified(story: Story, who: str, news: str) -> None:
    assert _NEWS[news] not in _of_order(story, who)


@step(says("{who:Who} has been notified that an order is confirmed"))
def has_been_notified(story: Story, who: str) -> None:
    pay(story, who)
    is_notified(story, who, "the order is confirmed")


@step(says("{who:Who} looks at the own notifications"))
def requests_notifications(story: Story, who: str) -> None:
    story.attempt(lambda: story.shop.notifications(story.visitor(who)))


@step(says("{who:Who} reads that the order is confirmed"))
def reads(story: Story, who: str) -> None:
    confirmation = _confirmation(story, who)
    story.attempt(
        lambda: story.shop.read_notification(story.visitor(who), confirmation.notification_id)
    )


@step(says("{who:Who} reads the notifications of {other:Who} about the order"))
def reads_for_others(story: Story, who: str, other: str) -> None:
    confirmation = _confirmation(story, other)
    story.attempt(
        lambda: story.shop.read_notification(story.visitor(who), confirmation.notification_id)
    )


@then(says("{who:Who} has read that the order is confirmed"))
def has_read(story: Story, who: str) -> None:
    assert _confirmation(story, who).is_read


@step(says('{who:Who} [turns|has turned] off "{kind:Text}" by "{channel:Text}"'))
def turns_off(story: Story, who: str, kind: str, channel: str) -> None:
    _choose(story, who, kind, channel, on=False)


@step(says('{who:Who} has turned on "{kind:Text}" by "{channel:Text}"'))
def turns_on(story: Story, who: str, kind: str, channel: str) -> None:
    _choose(story, who, kind, channel, on=True)


def _choose(story: Story, who: str, kind: str, channel: str, *, on: bool) -> None:
    choices = {_called(kind): {_called(channel): on}}
    story.attempt(lambda: story.shop.choose_notifications(story.visitor(who), choices))


def _called(said: str) -> str:
    return _CHOICES.get(said, said)


@step(says("{who:Who} looks at the own choice of notifications"))
def looks_at_choice(story: Story, who: str) -> None:
    story.attempt(lambda: story.shop.notification_preferences(story.visitor(who)))


@then(says('{who:Who} is notified once that "{name:Text}" costs less'))
def is_notified_of_price(story: Story, who: str, name: str) -> None:
    _is_notified_of_item(story, who, name, "price-dropped")


@then(says('{who:Who} is notified once that "{name:Text}" is back in stock'))
def is_notified_of_stock(story: Story, who: str, name: str) -> None:
    _is_notified_of_item(story, who, name, "back-in-stock")


def _is_notified_of_item(story: Story, who: str, name: str, kind: str) -> None:
    story.until(
        lambda: _of_item(story, who, name, kind) == 1,
        f"{who} is notified of {name} by {kind}",
        lambda: _notifications(story, who),
    )


@then(says('{who:Who} is not notified that "{name:Text}" costs less'))
def is_not_notified_of_price(story: Story, who: str, name: str) -> None:
    assert _of_item(story, who, name, "price-dropped") == 0


def _of_item(story: Story, who: str, name: str, kind: str) -> int:
    """How often *who* was notified of the item; its subject begins with the id."""
    item_id = story.item_id(name)
    return sum(t.kind == kind and t.subject.startswith(item_id) for t in _notifications(story, who))


@then(says('{who:Who} gets "{kind:Text}" by "{channel:Text}"'))
def gets(story: Story, who: str, kind: str, channel: str) -> None:
    assert _chosen(story, who, kind, channel) is True


@then(says('{who:Who} does not get "{kind:Text}" by "{channel:Text}"'))
def does_not_get(story: Story, who: str, kind: str, channel: str) -> None:
    assert _chosen(story, who, kind, channel) is False


def _chosen(story: Story, who: str, kind: str, channel: str) -> bool:
    chosen = story.shop.notification_preferences(story.visitor(who))
    return chosen[_called(kind)][_called(channel)]
