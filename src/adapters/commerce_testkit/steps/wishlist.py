"""Wishlists: putting on, taking off, and looking."""

from pytest_bdd import step, then

from commerce_testkit.seen import Wish
from commerce_testkit.steps.phrases import amount, named, says
from commerce_testkit.story import Story


def _wish(story: Story, who: str, name: str, variant: str | None = None) -> None:
    visitor, item_id = story.visitor(who), story.item_id(name)
    story.attempt(lambda: story.shop.wish_for(visitor, item_id, variant))


def _wishes(story: Story, who: str) -> list[Wish]:
    """The whole list, page by page."""
    visitor, found = story.visitor(who), list[Wish]()
    cursor: str | None = None
    while True:
        page, cursor = story.shop.wishlist(visitor, cursor, 2)
        found += page
        if cursor is None:
            return found


def _wish_for(story: Story, who: str, name: str) -> Wish:
    item_id = story.item_id(name)
    return next(wish for wish in _wishes(story, who) if wish.item_id == item_id)


@step(says('{who:Who} [wishes|has wished] for "{name:Text}"'))
def wishes(story: Story, who: str, name: str) -> None:
    _wish(story, who, name)


@step(says('{who:Who} [wishes|has wished] for the variant "{variant:Text}" of "{name:Text}"'))
def wishes_variant(story: Story, who: str, variant: str, name: str) -> None:
    _wish(story, who, name, variant)


@step(says('{who:Who} [gives up|has given up] the wish for "{name:Text}"'))
def gives_up(story: Story, who: str, name: str) -> None:
    visitor, item_id = story.visitor(who), story.item_id(name)
    story.attempt(lambda: story.shop.give_up_wish(visitor, item_id))


@step(says("{who:Who} looks at the wishlist"))
def looks(story: Story, who: str) -> None:
    story.attempt(lambda: _wishes(story, who))


@then(says("the wishlist of {who:Who} is empty"))
def is_empty(story: Story, who: str) -> None:
    assert _wishes(story, who) == []


@then(says('the wishlist of {who:Who} is "{names:Text}"'))
def is_list(story: Story, who: str, names: str) -> None:
    assert [story.name_of(wish.item_id) for wish in _wishes(story, who)] == named(names)


@then(says('the wishlist of {who:Who} shows "{name:Text}" at {now:Amount}, at first {then:Amount}'))
def shows_prices(story: Story, who: str, name: str, now: str, then: str) -> None:
    wish = _wish_for(story, who, name)
    assert (amount(wish.price), amount(wish.price_when_added)) == (now, then)


@then(says('the wishlist of {who:Who} shows that "{name:Text}" is withdrawn'))
def shows_withdrawn(story: Story, who: str, name: str) -> None:
    wish = _wish_for(story, who, name)
    assert (wish.problems, wish.in_stock) == (("withdrawn",), False)


@then(says('the wishlist of {who:Who} shows that "{name:Text}" is not in stock'))
def shows_sold_out(story: Story, who: str, name: str) -> None:
    wish = _wish_for(story, who, name)
    assert (wish.problems, wish.in_stock) == ((), False)
