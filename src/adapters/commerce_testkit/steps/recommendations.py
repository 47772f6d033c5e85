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


@step(says('{who:Who} has been recommended "{name:Text}" because of "{other:Text}"'))
def has_been_recommended(story: Story, who: str, name: str, other: str) -> None:
    """Somebody bought both, and *who* bought the other one."""
    has_bought(story, "Bob", f"{name}, {other}")
    has_bought(story, who, other)
    recommends_because(story, name, who, other)


@step(says('{who:Who} looks at "{name:Text}"'))
def looks_beside(story: Story, who: str, name: str) -> None:
    story.attempt(lambda: _tips(story, who, name))


@step(says("{who:Who} looks for recommendations"))
def looks_for_tips(story: Story, who: str) -> None:
    story.attempt(lambda: _tips(story, who))


@step(says("{who:Who} wants no personal recommendations"))
def wants_none(story: Story, who: str) -> None:
    story.shop.change_profile(story.visitor(who), {"personalised": False})


@then(says('{who:Who} is recommended "{other:Text}" as bought with "{name:Text}"'))
def recommends_beside(story: Story, who: str, name: str, other: str) -> None:
    wanted = Tip(item_id=story.item_id(other), kind="bought-with", because=story.item_id(name))
    story.until(lambda: wanted in _tips(story, who, name), f"{other} goes with {name}")


@then(says('{who:Who} is recommended "{name:Text}" because of "{other:Text}"'))
def recommends_because(story: Story, name: str, who: str, other: str) -> None:
    wanted = Tip(item_id=story.item_id(name), kind=_BECAUSE, because=story.item_id(other))
    story.until(lambda: wanted in _tips(story, who), f"{name} is recommended to {who}")


@then(says('{who:Who} is not recommended "{name:Text}"'))
def does_not_recommend(story: Story, name: str, who: str) -> None:
    item_id = story.item_id(name)
    story.until(
        lambda: item_id not in {tip.item_id for tip in _tips(story, who)},
        f"{name} is no longer recommended to {who}",
    )


@then(says("nothing is recommended to {who:Who} because of what was bought"))
def recommends_nothing_personal(story: Story, who: str) -> None:
    story.until(
        lambda: _BECAUSE not in {tip.kind for tip in _tips(story, who)},
        "nothing is recommended because of what was bought",
    )


@then(says('something is recommended to {who:Who} beside "{name:Text}"'))
def recommends_something(story: Story, who: str, name: str) -> None:
    story.until(lambda: len(_tips(story, who, name)) > 0, "something is recommended")
