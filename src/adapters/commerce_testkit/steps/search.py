"""Search: finding, narrowing, leafing. A search is repeated until what was written shows in it."""

from collections.abc import Callable, Mapping
from typing import Final

from pytest_bdd import step, then

from commerce_testkit.shop import SearchHit, SearchPage
from commerce_testkit.steps.catalog import offer
from commerce_testkit.steps.phrases import named, rows, says
from commerce_testkit.story import Story

_PARAMETERS: Final = {
    "category": "category",
    "brand": "brand",
    "material": "attributes.material",
    "colour": "attributes.colour",
    "size": "attributes.size",
    "in stock": "inStock",
    "lowest price": "priceMin",
    "highest price": "priceMax",
}
_SORTS: Final = {"lowest price": "price", "highest price": "-price", "newest": "newest"}


def searching(
    story: Story, buyer: str, who: str, **filters: str | tuple[str, ...]
) -> Callable[[], SearchPage]:
    """A search of *buyer* among the items of the seller *who*, that can be run again and again."""
    query: dict[str, str | tuple[str, ...]] = {
        "seller": story.shop.seller_id(story.visitor(who)),
        **filters,
    }
    return lambda: story.shop.search(story.visitor(buyer), query)


def names_of(found: SearchPage) -> list[str]:
    """What the items are called that were found, in their order."""
    return [hit.name for hit in found.hits]


def hit_called(found: SearchPage, name: str) -> SearchHit | None:
    """The item called *name*, if it was found."""
    return next((hit for hit in found.hits if hit.name == name), None)


def expect(
    story: Story, run_search: Callable[[], SearchPage], wanted: list[str], what: str
) -> None:
    """The search comes to find *wanted*, in any order, and nothing else."""
    story.until(
        lambda: sorted(names_of(run_search())) == sorted(wanted),
        what,
        lambda: names_of(run_search()),
    )


def _search_of(story: Story, buyer: str) -> Callable[[], SearchPage]:
    assert buyer in story.searches, f"{buyer} has searched for nothing"
    return story.searches[buyer]


@step(says('{buyer:Who} searches among {who:Who}\'s items for "{words:Text}"'))
def searches(story: Story, buyer: str, who: str, words: str) -> None:
    story.searches[buyer] = searching(story, buyer, who, term=words)


@step(says('{buyer:Who} searches among {who:Who}\'s items with the {field:Words} "{value:Text}"'))
def searches_with(story: Story, buyer: str, who: str, field: str, value: str) -> None:
    story.searches[buyer] = searching(story, buyer, who, **{_PARAMETERS[field]: value})


@step(
    says(
        "{buyer:Who} searches among {who:Who}'s items with the {field:Words} "
        '"{value:Text}" or "{other:Text}"'
    )
)
def searches_with_either(
    story: Story, buyer: str, who: str, field: str, value: str, other: str
) -> None:
    story.searches[buyer] = searching(story, buyer, who, **{_PARAMETERS[field]: (value, other)})


@step(says("{buyer:Who} searches among {who:Who}'s items with"))
def searches_with_several(story: Story, buyer: str, who: str, datatable: list[list[str]]) -> None:
    filters = {_PARAMETERS[row["filter"]]: row["value"] for row in rows(datatable)}
    story.searches[buyer] = searching(story, buyer, who, **filters)


@step(
    says(
        '{buyer:Who} searches among {who:Who}\'s items where "{note:Text}" is noted as '
        '"{value:Text}"'
    )
)
def searches_by_note(story: Story, buyer: str, who: str, note: str, value: str) -> None:
    story.searches[buyer] = searching(story, buyer, who, **{f"metadata.{note}": value})


@step(says("{buyer:Who} searches among {who:Who}'s items that are in stock"))
def searches_in_stock(story: Story, buyer: str, who: str) -> None:
    story.searches[buyer] = searching(story, buyer, who, inStock="true")


@step(says("{buyer:Who} sorts {who:Who}'s items by {order:Words}"))
def sorts(story: Story, buyer: str, who: str, order: str) -> None:
    story.searches[buyer] = searching(story, buyer, who, sort=_SORTS[order])


@step(says("{buyer:Who} looks for a page that the shop never gave out"))
def looks_for_unknown_page(story: Story, buyer: str) -> None:
    story.attempt(lambda: story.shop.search(story.visitor(buyer), {"cursor": "bm8gY3Vyc29y"}))


@then(says('{buyer:Who} finds "{names:Text}"'))
def finds(story: Story, buyer: str, names: str) -> None:
    expect(story, _search_of(story, buyer), named(names), f"{buyer} finds {names}")


@then(says("{buyer:Who} finds nothing"))
def finds_nothing(story: Story, buyer: str) -> None:
    expect(story, _search_of(story, buyer), [], f"{buyer} finds nothing")


@then(says('{buyer:Who} finds "{name:Text}" first'))
def finds_first(story: Story, buyer: str, name: str) -> None:
    run_search = _search_of(story, buyer)
    story.until(
        lambda: names_of(run_search())[:1] == [name],
        f"{buyer} finds {name} first",
        lambda: names_of(run_search()),
    )


@then(says('{buyer:Who} finds in this order "{names:Text}"'))
def finds_in_order(story: Story, buyer: str, names: str) -> None:
    run_search = _search_of(story, buyer)
    story.until(
        lambda: names_of(run_search()) == named(names),
        f"{buyer} finds {names}",
        lambda: names_of(run_search()),
    )


@then(says('{buyer:Who} finds "{name:Text}" at {price:Amount}'))
def finds_at(story: Story, buyer: str, name: str, price: str) -> None:
    run_search = _search_of(story, buyer)
    story.until(
        lambda: [(h.name, h.price.amount) for h in run_search().hits] == [(name, price)],
        f"{buyer} finds {name} at {price}",
        lambda: [(h.name, h.price.amount) for h in run_search().hits],
    )


@then(says("{buyer:Who} finds {count:Count} items"))
def finds_count(story: Story, buyer: str, count: int) -> None:
    run_search = _search_of(story, buyer)
    story.until(
        lambda: run_search().total == count,
        f"{buyer} finds {count} items",
        lambda: run_search().total,
    )


@then(says('{buyer:Who} sees "{word:Text}" marked in the name of "{name:Text}"'))
def is_marked(story: Story, buyer: str, word: str, name: str) -> None:
    run_search, marked = _search_of(story, buyer), f"<em>{word}</em>"
    story.until(
        lambda: (
            (hit := hit_called(run_search(), name)) is not None and marked in hit.highlights["name"]
        ),
        f"{word} is marked in {name}",
    )


@then(says('{buyer:Who} is shown the counts by category "{counts:Text}"'))
def counts_by_category(story: Story, buyer: str, counts: str) -> None:
    _counts(story, buyer, lambda found: found.categories, counts)


@then(says('{buyer:Who} is shown the counts by brand "{counts:Text}"'))
def counts_by_brand(story: Story, buyer: str, counts: str) -> None:
    _counts(story, buyer, lambda found: found.brands, counts)


def _counts(
    story: Story, buyer: str, of: Callable[[SearchPage], Mapping[str, int]], counts: str
) -> None:
    wanted = {name: int(count) for name, _, count in (one.rpartition(" ") for one in named(counts))}
    run_search = _search_of(story, buyer)
    story.until(
        lambda: dict(of(run_search())) == wanted,
        f"the counts are {wanted}",
        lambda: dict(of(run_search())),
    )


@step(says("{buyer:Who} misspells the name of that item in a search among {who:Who}'s items"))
def misspells(story: Story, buyer: str, who: str) -> None:
    name = own_word(story, "Q")
    story.searches[buyer] = searching(story, buyer, who, term=name[:4] + name[5:])


@then(says("the shop suggests that name to {buyer:Who}"))
def suggests_name(story: Story, buyer: str) -> None:
    run_search, name = _search_of(story, buyer), own_word(story, "Q").lower()
    story.until(
        lambda: run_search().did_you_mean == name,
        f"the shop suggests {name}",
        lambda: run_search().did_you_mean,
    )


@then(says("{buyer:Who} finds that item first"))
def finds_that_item(story: Story, buyer: str) -> None:
    finds_first(story, buyer, own_word(story, "Q"))


@step(says("{who:Who} sells an item of a brand that nobody else has"))
def sells_own_brand(story: Story, who: str) -> None:
    offer(story, who, own_word(story, "Q"), brand=own_word(story, "X"))


def own_word(story: Story, initial: str) -> str:
    """A word that no other scenario has: letters alone, so that it stays one word."""
    return initial + "".join(chr(ord("a") + int(digit, 16)) for digit in story.tag)
