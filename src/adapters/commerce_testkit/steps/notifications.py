"""What people are notified of, and what they want to be notified of."""

from pytest_bdd import step, then

from commerce_testkit.seen import SeenNotification
from commerce_testkit.steps.phrases import named, says
from commerce_testkit.story import Story

_CONFIRMED = "order-confirmed"


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


@step(says('{who:Who} is notified once of the order by "{kinds:Text}"'))
def is_notified(story: Story, who: str, kinds: str) -> None:
    wanted = set(named(kinds))
    story.until(
        lambda: wanted <= set(_of_order(story, who)),
        f"{who} is notified by {kinds}",
        lambda: _of_order(story, who),
    )
    sent = _of_order(story, who)
    assert len(sent) == len(set(sent)), sent


@then(says('{who:Who} is not notified of the order by "{kinds:Text}"'))
def is_not_notified(story: Story, who: str, kinds: str) -> None:
    assert not set(named(kinds)) & set(_of_order(story, who))


@step(says("{who:Who} requests the own notifications"))
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


@step(says('{who:Who} turns off "{kind:Text}" by "{channel:Text}"'))
def turns_off(story: Story, who: str, kind: str, channel: str) -> None:
    story.attempt(
        lambda: story.shop.choose_notifications(story.visitor(who), {kind: {channel: False}})
    )


@step(says('{who:Who} turns on "{kind:Text}" by "{channel:Text}"'))
def turns_on(story: Story, who: str, kind: str, channel: str) -> None:
    story.attempt(
        lambda: story.shop.choose_notifications(story.visitor(who), {kind: {channel: True}})
    )


@then(says('{who:Who} is notified once of "{name:Text}" by "{kind:Text}"'))
def is_notified_of_item(story: Story, who: str, name: str, kind: str) -> None:
    story.until(
        lambda: _of_item(story, who, name, kind) == 1,
        f"{who} is notified of {name} by {kind}",
        lambda: _notifications(story, who),
    )


@then(says('{who:Who} is not notified of "{name:Text}" by "{kind:Text}"'))
def is_not_notified_of_item(story: Story, who: str, name: str, kind: str) -> None:
    assert _of_item(story, who, name, kind) == 0


def _of_item(story: Story, who: str, name: str, kind: str) -> int:
    """How often *who* was notified of the item; its subject begins with the id."""
    item_id = story.item_id(name)
    return sum(t.kind == kind and t.subject.startswith(item_id) for t in _notifications(story, who))


@then(says('{who:Who} gets "{kind:Text}" by "{channel:Text}"'))
def gets(story: Story, who: str, kind: str, channel: str) -> None:
    assert story.shop.notification_preferences(story.visitor(who))[kind][channel] is True


@then(says('{who:Who} does not get "{kind:Text}" by "{channel:Text}"'))
def does_not_get(story: Story, who: str, kind: str, channel: str) -> None:
    assert story.shop.notification_preferences(story.visitor(who))[kind][channel] is False
