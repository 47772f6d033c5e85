"""Webhooks: systems of sellers that follow what happens."""

from typing import Final

import pytest
from pytest_bdd import step, then

from commerce_testkit.shop import Refused
from commerce_testkit.steps.phrases import named, says
from commerce_testkit.story import Story

#: What a person calls that which a system may follow.
_FOLLOWED: Final = {
    "orders placed": "orders.order_created.v1",
    "orders completed": "orders.order_completed.v1",
    "items changed": "catalog.item_changed.v1",
}


@step(says('{who:Who} has a system that follows "{events:Text}"'))
def has_system(story: Story, who: str, events: str) -> None:
    url = story.shop.systems().address()
    try:
        webhook = story.shop.systems().add(story.visitor(who), url, _events(events))
    except Refused as refusal:
        if refusal.fields == ("/url",):
            pytest.skip("this shop sends nothing to a system on this machine")
        raise
    story.webhooks[who] = webhook


@step(says('{who:Who} adds a system at "{url:Text}"'))
def adds_system(story: Story, who: str, url: str) -> None:
    visitor = story.visitor(who)
    story.attempt(lambda: story.shop.systems().add(visitor, url, ["orders.order_created.v1"]))


@step(says("{who:Who} removes the system"))
def removes_own_system(story: Story, who: str) -> None:
    removes_system(story, who, who)


@step(says("{who:Who} removes the system of {owner:Who}"))
def removes_system(story: Story, who: str, owner: str) -> None:
    visitor, webhook = story.visitor(who), story.webhooks[owner]
    story.attempt(lambda: story.shop.systems().remove(visitor, webhook.id))


@then(says("{who:Who} has no systems"))
def has_no_systems(story: Story, who: str) -> None:
    assert story.shop.systems().of(story.visitor(who)) == ()


@then(says('the system of {who:Who} hears "{events:Text}" about the order'))
def gets_about_order(story: Story, who: str, events: str) -> None:
    about = [(event, story.order().order_id) for event in _events(events)]
    webhook = story.webhooks[who]
    story.until(lambda: len(story.shop.systems().received(webhook)) >= len(about), "it got them")
    assert list(story.shop.systems().received(webhook)) == about


@then(says('the system of {who:Who} hears "{events:Text}"'))
def gets(story: Story, who: str, events: str) -> None:
    webhook, wanted = story.webhooks[who], set(_events(events))
    story.until(
        lambda: {e for e, _ in story.shop.systems().received(webhook)} >= wanted, "it got them"
    )


@then(says("the system of {who:Who} hears nothing"))
def gets_nothing(story: Story, who: str) -> None:
    assert story.shop.systems().received(story.webhooks[who]) == ()


def _events(said: str) -> list[str]:
    return [_FOLLOWED[name] for name in named(said)]
