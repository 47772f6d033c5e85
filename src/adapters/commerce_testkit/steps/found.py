"""What comes of a change in searches: items that are found, and lists that are leafed through."""

from collections.abc import Callable

from pytest_bdd import step, then

from commerce_testkit.shop import Goods, SearchHit, SearchPage
from commerce_testkit.steps.catalog import assert_forms
from commerce_testkit.steps.phrases import named, says
from commerce_testkit.steps.search import expect, hit_called, names_of, searching
from commerce_testkit.story import Story

_ANYBODY = "Kim"


def _all_of(story: Story, who: str, **filters: str) -> Callable[[], SearchPage]:
    return searching(story, _ANYBODY, who, **filters)


@step(says("searches know all of {who:Who}'s items"))
def searches_know_all(story: Story, who: str) -> None:
    offered = story.offered()
    expect(story, _all_of(story, who), offered, f"searches know {', '.join(offered)}")


@then(says('"{names:Text}" [is|are] found among {who:Who}\'s items'))
def are_found(story: Story, names: str, who: str) -> None:
    wanted, run_search = named(names), _all_of(story, who)
    story.until(
        lambda: set(wanted) <= set(names_of(run_search())),
        f"{names} can be found",
        lambda: names_of(run_search()),
    )
    found = names_of(run_search())
    assert {name: found.count(name) for name in wanted} == dict.fromkeys(wanted, 1)


@then(says('"{names:Text}" are found among {who:Who}\'s items that are in stock'))
def are_found_in_stock(story: Story, names: str, who: str) -> None:
    expect(story, _all_of(story, who, inStock="true"), named(names), f"{names} are in stock")


@then(says("nothing is found among {who:Who}'s items"))
def nothing_is_found(story: Story, who: str) -> None:
    expect(story, _all_of(story, who), [], "nothing is found")


@then(says('"{name:Text}" is found among {who:Who}\'s items at {price:Amount}'))
def is_found_at(story: Story, name: str, who: str, price: str) -> None:
    _found(story, name, who, lambda hit: hit.price.amount == price)


@then(says('"{name:Text}" is found among {who:Who}\'s items as sold out'))
def is_found_sold_out(story: Story, name: str, who: str) -> None:
    _found(story, name, who, lambda hit: not hit.in_stock)


@then(says('"{name:Text}" is found among {who:Who}\'s items with {stock:Count} in stock'))
def is_found_with_stock(story: Story, name: str, who: str, stock: int) -> None:
    assert _item(story, name, who).stock == stock


@then(says('"{name:Text}" is found among {who:Who}\'s items in the variants'))
def is_found_in_variants(story: Story, name: str, who: str, datatable: list[list[str]]) -> None:
    assert_forms(_item(story, name, who).forms, datatable)


def _found(story: Story, name: str, who: str, fits: Callable[[SearchHit], bool]) -> SearchHit:
    run_search = _all_of(story, who)

    def hit() -> SearchHit | None:
        return hit_called(run_search(), name)

    story.until(
        lambda: (found := hit()) is not None and fits(found), f"{name} is found like that", hit
    )
    last = hit()
    assert last is not None, f"{name} is gone again"
    return last


def _item(story: Story, name: str, who: str) -> Goods:
    """The item that was found, as anybody sees it."""
    return story.shop.item(story.nobody(), _found(story, name, who, lambda _: True).item_id)


@step(says("{buyer:Who} leafs through {who:Who}'s items {size:Count} at a time"))
def leafs(story: Story, buyer: str, who: str, size: int) -> None:
    begins_to_leaf(story, buyer, size, who)
    leafs_on(story)


@step(says("{buyer:Who} has leafed through the first {size:Count} of {who:Who}'s items"))
def begins_to_leaf(story: Story, buyer: str, size: int, who: str) -> None:
    def page(cursor: str) -> SearchPage:
        return searching(story, buyer, who, size=str(size), cursor=cursor)()

    story.older = story.offered()
    first = searching(story, buyer, who, size=str(size))()
    story.pages, story.leafing = [names_of(first)], (page, first.next_cursor)


@step(says("{buyer:Who} leafs on to the end"))
def leafs_on(story: Story) -> None:
    assert story.leafing is not None, "nobody has begun to leaf through a list"
    page, cursor = story.leafing
    while cursor is not None:
        following = page(cursor)
        story.pages.append(names_of(following))
        cursor = following.next_cursor


@then(says("{buyer:Who} has seen every item once on {pages:Count} pages"))
def has_seen_on_pages(story: Story, pages: int) -> None:
    assert len(story.pages) == pages
    has_seen_older(story)


@then(says("{buyer:Who} has seen every older item once"))
def has_seen_older(story: Story) -> None:
    seen = [name for page in story.pages for name in page]
    assert sorted(name for name in seen if name in story.older) == sorted(story.older)
    assert len(seen) == len(set(seen))
