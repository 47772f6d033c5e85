"""Suggestions while somebody types."""

from typing import Final

from pytest_bdd import step, then

from commerce_testkit.steps.catalog import offer
from commerce_testkit.steps.phrases import says
from commerce_testkit.steps.search import own_word
from commerce_testkit.story import Story

#: So many letters of a unique word are unique too, however often the features ran against a shop.
_PREFIX: Final = 9
_ROOM: Final = 10


@step(says("{who:Who} sells {count:Count} more items of that brand"))
def sells_more(story: Story, who: str, count: int) -> None:
    for number in range(count):
        offer(story, who, f"{own_word(story, 'Q')}{number}", brand=own_word(story, "X"))


@step(says("{who:Who} has withdrawn that item"))
def has_withdrawn_that(story: Story, who: str) -> None:
    story.shop.withdraw(story.visitor(who), story.item_id(own_word(story, "Q")))


@step(says("{buyer:Who} types the first letters of that brand"))
def types_brand(story: Story, buyer: str) -> None:
    _type(story, buyer, own_word(story, "X").lower())


@step(says("{buyer:Who} types the first letters of that item"))
def types_item(story: Story, buyer: str) -> None:
    _type(story, buyer, own_word(story, "Q").lower())


@step(says("{buyer:Who} types the first letters of that item where there is room for {size:Count}"))
def types_item_in_room(story: Story, buyer: str, size: int) -> None:
    """As soon as there is more to suggest."""
    prefix = own_word(story, "Q").lower()[:_PREFIX]
    story.until(
        lambda: len(story.shop.suggestions(story.visitor(buyer), prefix, _ROOM)) > size,
        f"more than {size} things are suggested for {prefix}",
    )
    _type(story, buyer, prefix, size)


def _type(story: Story, buyer: str, word: str, size: int = _ROOM) -> None:
    prefix = word[:_PREFIX]
    story.typed = lambda: story.shop.suggestions(story.visitor(buyer), prefix, size)


@then(says("{buyer:Who} is offered the brand"))
def is_offered_brand(story: Story) -> None:
    _is_offered(story, "brand", own_word(story, "X"))


@then(says("{buyer:Who} is offered the item"))
def is_offered_item(story: Story) -> None:
    _is_offered(story, "item", own_word(story, "Q"))


@then(says("{buyer:Who} is offered nothing"))
def is_offered_nothing(story: Story) -> None:
    story.until(lambda: not _offered(story), "nothing is suggested", lambda: _offered(story))


@then(says("{buyer:Who} is offered {count:Count} suggestions"))
def is_offered_so_many(story: Story, count: int) -> None:
    assert len(_offered(story)) == count


def _is_offered(story: Story, kind: str, text: str) -> None:
    story.until(
        lambda: (kind, text) in _offered(story), f"{text} is suggested", lambda: _offered(story)
    )


def _offered(story: Story) -> tuple[tuple[str, str], ...]:
    assert story.typed is not None, "nobody has typed anything"
    return story.typed()
