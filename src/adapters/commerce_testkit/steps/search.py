"""Search: finding, narrowing, leafing, suggestions. A search is repeated until what was written
shows in it.
"""

from collections.abc import Callable, Mapping
from typing import Final

from pytest_bdd import step, then

from commerce_testkit.shop import Goods, SearchHit, SearchPage
from commerce_testkit.steps.catalog import assert_forms, offer
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
#: So many letters of a unique word are unique too, however often the features ran against a shop.
_PREFIX: Final = 9


def _among(story: Story, who: str, **filters: str | tuple[str, ...]) -> Callable[[], SearchPage]:
    """A search among the items of the seller *who*; it can be run any number of times."""
    query: dict[str, str | tuple[str, ...]] = {
        "seller": story.shop.seller_id(story.visitor(who)),
        **filters,
    }
    return lambda: story.shop.search(query)


def _names(found: SearchPage) -> list[str]:
    return [hit.name for hit in found.hits]


def _finds(story: Story, run_search: Callable[[], SearchPage], names: str) -> None:
    wanted = sorted(named(names))
    story.until(
        lambda: sorted(_names(run_search())) == wanted,
        f"the search finds {wanted}",
        lambda: _names(run_search()),
    )


def _last_search(story: Story) -> Callable[[], SearchPage]:
    assert story.found is not None, "nothing was searched for"
    return story.found


def _hit(found: SearchPage, name: str) -> SearchHit | None:
    return next((hit for hit in found.hits if hit.name == name), None)


@then(says('a search among {who:Who}\'s items for "{words:Text}" finds "{names:Text}"'))
def finds(story: Story, who: str, words: str, names: str) -> None:
    story.found = _among(story, who, term=words)
    _finds(story, story.found, names)


@then(says('a search among {who:Who}\'s items for "{words:Text}" finds nothing'))
def finds_nothing(story: Story, who: str, words: str) -> None:
    _finds(story, _among(story, who, term=words), "")


@then(says('a search among {who:Who}\'s items for "{words:Text}" finds "{name:Text}" first'))
def finds_first(story: Story, who: str, words: str, name: str) -> None:
    story.found = _among(story, who, term=words)
    that_finds_first(story, name)


@then(
    says(
        'a search among {who:Who}\'s items for "{words:Text}" finds "{name:Text}" at {price:Amount}'
    )
)
def finds_at(story: Story, who: str, words: str, name: str, price: str) -> None:
    run_search = story.found = _among(story, who, term=words)
    story.until(
        lambda: [(h.name, h.price.amount) for h in run_search().hits] == [(name, price)],
        f"{name} is found at {price}",
    )


@then(says('the "{name:Text}" that was found has {stock:Count} in stock'))
def found_has_stock(story: Story, name: str, stock: int) -> None:
    assert _found_item(story, name).stock == stock


@then(says('the "{name:Text}" that was found comes in the variants'))
def found_has_variants(story: Story, name: str, datatable: list[list[str]]) -> None:
    assert_forms(_found_item(story, name).forms, datatable)


def _found_item(story: Story, name: str) -> Goods:
    hit = _hit(_last_search(story)(), name)
    assert hit is not None, f"{name} was not found"
    return story.shop.item(story.nobody(), hit.item_id)


@then(
    says(
        'a search among {who:Who}\'s items with the {field:Words} "{value:Text}" finds '
        '"{names:Text}"'
    )
)
def finds_with(story: Story, who: str, field: str, value: str, names: str) -> None:
    _finds(story, _among(story, who, **{_PARAMETERS[field]: value}), names)


@then(
    says(
        'a search among {who:Who}\'s items with the {field:Words} "{value:Text}" or "{other:Text}" '
        'finds "{names:Text}"'
    )
)
def finds_with_either(
    story: Story, who: str, field: str, value: str, other: str, names: str
) -> None:
    _finds(story, _among(story, who, **{_PARAMETERS[field]: (value, other)}), names)


@then(
    says(
        'a search among {who:Who}\'s items where "{note:Text}" is noted as "{value:Text}" finds '
        '"{names:Text}"'
    )
)
def finds_by_note(story: Story, who: str, note: str, value: str, names: str) -> None:
    _finds(story, _among(story, who, **{f"metadata.{note}": value}), names)


@then(says('a search among {who:Who}\'s items that are in stock finds "{names:Text}"'))
def finds_in_stock(story: Story, who: str, names: str) -> None:
    _finds(story, _among(story, who, inStock="true"), names)


@then(says('a search among {who:Who}\'s items shows "{name:Text}" as sold out'))
def shows_sold_out(story: Story, who: str, name: str) -> None:
    run_search = _among(story, who)
    story.until(
        lambda: (hit := _hit(run_search(), name)) is not None and not hit.in_stock,
        f"{name} is shown as sold out",
    )


@step(says('{buyer:Who} searches among {who:Who}\'s items for "{words:Text}"'))
def searches(story: Story, who: str, words: str) -> None:
    story.found = _among(story, who, term=words)


@step(says('{buyer:Who} searches among {who:Who}\'s items with the {field:Words} "{value:Text}"'))
def searches_with(story: Story, who: str, field: str, value: str) -> None:
    story.found = _among(story, who, **{_PARAMETERS[field]: value})


@step(says("{buyer:Who} searches among {who:Who}'s items with"))
def searches_with_several(story: Story, who: str, datatable: list[list[str]]) -> None:
    story.found = _among(
        story, who, **{_PARAMETERS[row["filter"]]: row["value"] for row in rows(datatable)}
    )


@step(says("{buyer:Who} sorts {who:Who}'s items by {order:Words}"))
def sorts(story: Story, who: str, order: str) -> None:
    story.found = _among(story, who, sort=_SORTS[order])


@step(says("{buyer:Who} requests a page with an unknown cursor"))
def requests_unknown_page(story: Story) -> None:
    story.attempt(lambda: story.shop.search({"cursor": "bm8gY3Vyc29y"}))


@then(says('that search finds "{names:Text}"'))
def that_finds(story: Story, names: str) -> None:
    _finds(story, _last_search(story), names)


@then(says('that search finds "{name:Text}" first'))
def that_finds_first(story: Story, name: str) -> None:
    run_search = _last_search(story)
    story.until(
        lambda: _names(run_search())[:1] == [name],
        f"the search finds {name} first",
        lambda: _names(run_search()),
    )


@then(says('that search finds in this order "{names:Text}"'))
def that_finds_in_order(story: Story, names: str) -> None:
    run_search = _last_search(story)
    story.until(
        lambda: _names(run_search()) == named(names),
        f"the search finds {names}",
        lambda: _names(run_search()),
    )


@then(says("that search finds {count:Count} items"))
def that_finds_count(story: Story, count: int) -> None:
    run_search = _last_search(story)
    story.until(lambda: run_search().total == count, f"the search finds {count} items")


@step(says("{buyer:Who} misspells the name of that item in a search among {who:Who}'s items"))
def misspells(story: Story, who: str) -> None:
    name = _own_word(story, "Q")
    story.found = _among(story, who, term=name[:4] + name[5:])


@then("the shop suggests that name")
def suggests_name(story: Story) -> None:
    run_search, name = _last_search(story), _own_word(story, "Q").lower()
    story.until(
        lambda: run_search().did_you_mean == name,
        f"the shop suggests {name}",
        lambda: run_search().did_you_mean,
    )


@then("that search finds that item first")
def that_finds_that_item(story: Story) -> None:
    that_finds_first(story, _own_word(story, "Q"))


@then(says('"{word:Text}" is marked in the name of "{name:Text}"'))
def is_marked(story: Story, word: str, name: str) -> None:
    run_search, marked = _last_search(story), f"<em>{word}</em>"
    story.until(
        lambda: (hit := _hit(run_search(), name)) is not None and marked in hit.highlights["name"],
        f"{word} is marked in {name}",
    )


@then(says('the counts by category are "{counts:Text}"'))
def counts_by_category(story: Story, counts: str) -> None:
    _counts(story, lambda found: found.categories, counts)


@then(says('the counts by brand are "{counts:Text}"'))
def counts_by_brand(story: Story, counts: str) -> None:
    _counts(story, lambda found: found.brands, counts)


def _counts(story: Story, of: Callable[[SearchPage], Mapping[str, int]], counts: str) -> None:
    wanted = {name: int(count) for name, _, count in (one.rpartition(" ") for one in named(counts))}
    run_search = _last_search(story)
    story.until(
        lambda: dict(of(run_search())) == wanted,
        f"the counts are {wanted}",
        lambda: dict(of(run_search())),
    )


@step(says("{buyer:Who} leafs through {who:Who}'s items {size:Count} at a time"))
def leafs(story: Story, who: str, size: int) -> None:
    _leaf(story, who, size, lambda: None)


@step(
    says(
        "{buyer:Who} leafs through {who:Who}'s items {size:Count} at a time while {seller:Who} "
        'offers "{name:Text}"'
    )
)
def leafs_while(story: Story, who: str, size: int, seller: str, name: str) -> None:
    run_search = _among(story, who)

    def meanwhile() -> None:
        offer(story, seller, name)
        story.until(lambda: name in _names(run_search()), f"{name} is found")

    _leaf(story, who, size, meanwhile)


def _leaf(story: Story, who: str, size: int, meanwhile: Callable[[], None]) -> None:
    run_search = _among(story, who)
    older = story.offered()
    story.until(
        lambda: sorted(_names(run_search())) == sorted(older),
        "everything that was offered is found",
    )
    page = _among(story, who, size=str(size))()
    story.pages = [_names(page)]
    meanwhile()
    while page.next_cursor is not None:
        page = _among(story, who, size=str(size), cursor=page.next_cursor)()
        story.pages.append(_names(page))
    story.older = older


@then(says("{buyer:Who} has seen every item once on {pages:Count} pages"))
def has_seen_on_pages(story: Story, pages: int) -> None:
    assert len(story.pages) == pages
    has_seen_older(story)


@then(says("{buyer:Who} has seen every older item once"))
def has_seen_older(story: Story) -> None:
    seen = [name for page in story.pages for name in page]
    assert sorted(name for name in seen if name in story.older) == sorted(story.older)
    assert len(seen) == len(set(seen))


@step(says("{who:Who} offers an item of a brand that nobody else has"))
def offers_own_brand(story: Story, who: str) -> None:
    offer(story, who, _own_word(story, "Q"), brand=_own_word(story, "X"))


@step(says("{who:Who} offers {count:Count} more items of that brand"))
def offers_more(story: Story, who: str, count: int) -> None:
    for number in range(count):
        offer(story, who, f"{_own_word(story, 'Q')}{number}", brand=_own_word(story, "X"))


@step(says("{who:Who} withdraws that item"))
def withdraws_that(story: Story, who: str) -> None:
    typing_suggests_item(story)
    story.shop.withdraw(story.visitor(who), story.item_id(_own_word(story, "Q")))


@then("typing the first letters of that brand suggests the brand")
def typing_suggests_brand(story: Story) -> None:
    _suggested(story, "brand", _own_word(story, "X"))


@then("typing the first letters of that item suggests the item")
def typing_suggests_item(story: Story) -> None:
    _suggested(story, "item", _own_word(story, "Q"))


@then("typing the first letters of that item suggests nothing")
def typing_suggests_nothing(story: Story) -> None:
    prefix = _own_word(story, "Q")[:_PREFIX]
    story.until(lambda: not story.shop.suggestions(prefix, 10), f"{prefix} suggests nothing")


@then(says("at most {count:Count} suggestions come when {size:Count} are requested"))
def suggestions_are_bounded(story: Story, count: int, size: int) -> None:
    prefix = _own_word(story, "Q")[:_PREFIX]
    story.until(
        lambda: len(story.shop.suggestions(prefix, 10)) > count,
        f"more than {count} things are suggested for {prefix}",
    )
    assert len(story.shop.suggestions(prefix, size)) == count


def _suggested(story: Story, kind: str, text: str) -> None:
    prefix = text[:_PREFIX].lower()
    story.until(
        lambda: (kind, text) in story.shop.suggestions(prefix, 10),
        f"{prefix} suggests the {kind} {text}",
    )


def _own_word(story: Story, initial: str) -> str:
    """A word that no other scenario has: letters alone, so that it stays one word."""
    return initial + "".join(chr(ord("a") + int(digit, 16)) for digit in story.tag)
