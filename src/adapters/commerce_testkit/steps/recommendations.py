"""Recommendations: what is shown to whom, and why."""

from typing import Final

from pytest_bdd import step, then

from commerce_testkit.seen import Tip
from commerce_testkit.steps.cart import put
from commerce_testkit.steps.checkout import pay
from commerce_testkit.steps.phrases import named, says
from commerce_testkit.story import Story

_MOST: Final = 100
_BECAUSE: Final = "because-you-bought"


def _tips(story: Story, who: str, beside: str | None = None) -> tuple[Tip, ...]:
    item_id = story.item_id(beside) if beside else None
    return story.shop.recommendations(story.visitor(who), item_id, _MOST)


@step(says('{who:Who} has bought "{names:Text}"'))
def has_bought(story: Story, who: str, names: str) -> None:
    for name in named(names):
        put(story, who, 1, name)
    pay(story, who)
    story.until(lambda: story.order().is_over, "the order is over")


@step(says("{who:Who} wants no personal recommendations"))
def wants_none(story: Story, who: str) -> None:
    story.shop.change_profile(story.visitor(who), {"personalised": False})


@then(says('beside "{name:Text}" the shop recommends "{other:Text}" as bought with it'))
def recommends_beside(story: Story, name: str, other: str) -> None:
    wanted = Tip(item_id=story.item_id(other), kind="bought-with", because=story.item_id(name))
    story.until(lambda: wanted in _tips(story, "Ada", name), f"{other} goes with {name}")


@then(says('the shop recommends "{name:Text}" to {who:Who} because of "{other:Text}"'))
def recommends_because(story: Story, name: str, who: str, other: str) -> None:
    wanted = Tip(item_id=story.item_id(name), kind=_BECAUSE, because=story.item_id(other))
    story.until(lambda: wanted in _tips(story, who), f"{name} is recommended to {who}")


@then(says('the shop does not recommend "{name:Text}" to {who:Who}'))
def does_not_recommend(story: Story, name: str, who: str) -> None:
    assert story.item_id(name) not in {tip.item_id for tip in _tips(story, who)}


@then(says("nothing is recommended to {who:Who} because of what was bought"))
def recommends_nothing_personal(story: Story, who: str) -> None:
    assert _BECAUSE not in {tip.kind for tip in _tips(story, who)}


@then(says('something is recommended beside "{name:Text}"'))
def recommends_something(story: Story, name: str) -> None:
    story.until(lambda: len(_tips(story, "Ada", name)) > 0, "something is recommended")
