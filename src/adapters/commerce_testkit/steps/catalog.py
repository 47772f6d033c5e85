"""The catalogue: onboarding, changing, publishing."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pytest
from pytest_bdd import step, then

from commerce_testkit.shop import Form, Goods, Refused
from commerce_testkit.steps.phrases import amount, named, rows, says
from commerce_testkit.story import Story

#: What a seller says of an item beside name, price and stock, and how the contract writes it.
_DETAILS: Final[Mapping[str, Callable[[str], dict[str, Any]]]] = {
    "description": lambda text: {"description": text},
    "brand": lambda text: {"brand": text},
    "category": lambda text: {"category": text},
    "tags": lambda text: {"tags": named(text)},
    "picture": lambda text: {"images": [text]},
    "package number": lambda text: {"gtins": [text]},
    "watts": lambda text: {"specifications": {"watts": int(text)}},
    "shade": lambda text: {"attributes": {"shade": text}},
}


def offer(story: Story, who: str, name: str, *, key: str | None = None, **said: Any) -> None:
    """*who* offers an item; unless it says otherwise it costs 10.00 and there are five of it."""
    item = said if "variants" in said else {"price": "10.00", "quantity": 5, **said}
    goods = story.attempt(
        lambda: story.shop.onboard(story.visitor(who), {"name": name, **item}, key)
    )
    if goods is not None:
        story.remember_item(name, goods.item_id)


def assert_forms(forms: Sequence[Form], datatable: list[list[str]]) -> None:
    """The variants are those of a table, and no others."""
    shown = {form.variant_id: (form.options, form.price.amount, form.stock) for form in forms}
    wanted = {
        r["variant"]: ({"colour": r["colour"], "size": r["size"]}, r["price"], int(r["stock"]))
        for r in rows(datatable)
    }
    assert shown == wanted


@step(says('{who:Who} [offers|sells] "{name:Text}" at {price:Amount} with {stock:Count} in stock'))
def offers(story: Story, who: str, name: str, price: str, stock: int) -> None:
    offer(story, who, name, price=price, quantity=stock)


@step(
    says(
        '{who:Who} [drafts|has drafted] "{name:Text}" at {price:Amount} with {stock:Count} in stock'
    )
)
def drafts(story: Story, who: str, name: str, price: str, stock: int) -> None:
    offer(story, who, name, price=price, quantity=stock, status="draft")


@step(
    says('{who:Who} sells "{name:Text}" at {price:Amount}, noting "{note:Text}" as "{value:Text}"')
)
def offers_with_note(story: Story, who: str, name: str, price: str, note: str, value: str) -> None:
    offer(story, who, name, price=price, metadata={note: value})


@step(says('{who:Who} has noted "{note:Text}" as "{value:Text}" with "{name:Text}"'))
def notes_with_item(story: Story, who: str, note: str, value: str, name: str) -> None:
    _change(story, who, name, {"metadata": {note: value}})


@then(says('"{name:Text}" notes "{note:Text}" as "{value:Text}"'))
def item_notes(story: Story, name: str, note: str, value: str) -> None:
    item = story.shop.item(story.nobody(), story.item_id(name))
    assert item.details["metadata"] == {note: value}


@step(says('{who:Who} [offers|sells] "{name:Text}" in variants'))
def offers_variants(story: Story, who: str, name: str, datatable: list[list[str]]) -> None:
    offer(story, who, name, variants=[_variant(row) for row in rows(datatable)])


def offer_many_variants(story: Story, who: str, name: str, count: int) -> None:
    """*who* offers an item in so many variants, one of each, at 1.00."""
    offer(
        story,
        who,
        name,
        variants=[
            {"variantId": str(number), "price": "1.00", "stock": 1} for number in range(count)
        ],
    )


@step(says('{who:Who} offers "{name:Text}" with the details'))
def offers_details(story: Story, who: str, name: str, datatable: list[list[str]]) -> None:
    offer(story, who, name, **_details(datatable))


@step(says('{who:Who} [offers|sells] "{name:Text}" with the article number "{sku:Text}"'))
def offers_with_sku(story: Story, who: str, name: str, sku: str) -> None:
    offer(story, who, name, sku=sku)


@step(says('{who:Who} sells "{name:Text}" with the package number "{gtin:Text}"'))
def offers_with_gtin(story: Story, who: str, name: str, gtin: str) -> None:
    offer(story, who, name, gtins=[gtin])


@step(says('{who:Who} has sent the form that offers "{name:Text}"'))
@step(says('{who:Who} sends the same form, now offering "{name:Text}"'))
def sends_form(story: Story, who: str, name: str) -> None:
    offer(story, who, name, key=story.tag)


@step(says("{who:Who}, hearing nothing, sends the same form again"))
def sends_form_again(story: Story, who: str) -> None:
    (name,) = story.offered()
    first = story.item_id(name)
    offer(story, who, name, key=story.tag)
    assert story.item_id(name) == first


@step(says('{who:Who} offers an item at the price "{price:Text}"'))
def offers_at(story: Story, who: str, price: str) -> None:
    offer(story, who, "Desk lamp", price=price)


@step(says("{who:Who} offers an item without a name"))
def offers_nameless(story: Story, who: str) -> None:
    offer(story, who, "")


@step(says('{who:Who} offers an item with the picture "{address:Text}"'))
def offers_with_picture(story: Story, who: str, address: str) -> None:
    offer(story, who, "Desk lamp", images=[address])


@step(says("{who:Who} offers an item in the name of {other:Who}"))
def offers_for_other(story: Story, who: str, other: str) -> None:
    offer(story, who, "Desk lamp", sellerId=story.shop.seller_id(story.visitor(other)))


@step(says("{who:Who} offers an item without a price and a quantity"))
def offers_without_price(story: Story, who: str) -> None:
    story.attempt(lambda: story.shop.onboard(story.visitor(who), {"name": "Desk lamp"}))


@step(says("{who:Who} sells the items"))
def offers_table(story: Story, who: str, datatable: list[list[str]]) -> None:
    for row in rows(datatable):
        said: dict[str, Any] = {
            field: row[field]
            for field in ("name", "brand", "category", "price", "description")
            if field in row
        }
        if "material" in row:
            said["attributes"] = {"material": row["material"]}
        offer(story, who, quantity=int(row["stock"]), **said)


@step(says('{who:Who} [changes|has changed] the price of "{name:Text}" to {price:Amount}'))
def changes_price(story: Story, who: str, name: str, price: str) -> None:
    _change(story, who, name, {"price": price})


@step(says('{who:Who} has "{name:Text}" open in a second window'))
def has_open(story: Story, who: str, name: str) -> None:
    story.windows[name] = story.shop.item(story.visitor(who), story.item_id(name)).version


@step(says('{who:Who} changes the price of "{name:Text}" to {price:Amount} in the second window'))
def changes_price_there(story: Story, who: str, name: str, price: str) -> None:
    _change(story, who, name, {"price": price}, story.windows[name])


@step(says('{who:Who} has described "{name:Text}" as "{description:Text}"'))
def describes(story: Story, who: str, name: str, description: str) -> None:
    _change(story, who, name, {"description": description})


@step(says('{who:Who} takes the description of "{name:Text}" away'))
def takes_description_away(story: Story, who: str, name: str) -> None:
    _change(story, who, name, {"description": None})


@step(says('{who:Who} has renamed "{name:Text}" to "{other:Text}"'))
def renames(story: Story, who: str, name: str, other: str) -> None:
    _change(story, who, name, {"name": other})
    story.rename_item(name, other)


@step(says('{who:Who} changes the quantity of "{name:Text}" to {quantity:Count}'))
def changes_quantity(story: Story, who: str, name: str, quantity: int) -> None:
    _change(story, who, name, {"quantity": quantity})


@step(says('{who:Who} changes the variants of "{name:Text}" to'))
def changes_variants(story: Story, who: str, name: str, datatable: list[list[str]]) -> None:
    _change(story, who, name, {"variants": [_variant(row) for row in rows(datatable)]})


@step(says('{who:Who} drops the variant "{variant:Text}" of "{name:Text}"'))
def drops_variant(story: Story, who: str, name: str, variant: str) -> None:
    forms = story.shop.item(story.visitor(who), story.item_id(name)).forms
    _change(
        story,
        who,
        name,
        {
            "variants": [
                {"variantId": form.variant_id} for form in forms if form.variant_id != variant
            ]
        },
    )


@step(says('{who:Who} publishes "{name:Text}"'))
def publishes(story: Story, who: str, name: str) -> None:
    story.attempt(lambda: story.shop.publish(story.visitor(who), story.item_id(name)))


@step(says('{who:Who} [withdraws|has withdrawn] "{name:Text}"'))
def withdraws(story: Story, who: str, name: str) -> None:
    story.attempt(lambda: story.shop.withdraw(story.visitor(who), story.item_id(name)))


@then(says('anyone sees "{name:Text}" at {price:Amount} with {stock:Count} in stock'))
def anyone_sees(story: Story, name: str, price: str, stock: int) -> None:
    goods = _public_details(story, name)
    assert (goods.details["name"], amount(goods.price), goods.stock) == (name, price, stock)


@then(says('anyone sees "{name:Text}" of {who:Who}'))
def anyone_sees_of(story: Story, name: str, who: str) -> None:
    goods = _public_details(story, name)
    assert (goods.details["name"], goods.details["sellerId"]) == (
        name,
        story.shop.seller_id(story.visitor(who)),
    )


@then(says('anyone sees the variants of "{name:Text}"'))
def anyone_sees_variants(story: Story, name: str, datatable: list[list[str]]) -> None:
    assert_forms(_public_details(story, name).forms, datatable)


@then(says('anyone sees "{name:Text}" with the details'))
def anyone_sees_details(story: Story, name: str, datatable: list[list[str]]) -> None:
    shown, wanted = _public_details(story, name).details, _details(datatable)
    assert {field: shown[field] for field in wanted} == wanted


def _details(datatable: list[list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, text in datatable:
        found |= _DETAILS[name](text)
    return found


@then(says('"{name:Text}" is on sale'))
def is_on_sale(story: Story, name: str) -> None:
    assert _public_details(story, name).status == "active"


@then(says('"{name:Text}" is described as "{description:Text}"'))
def is_described_as(story: Story, name: str, description: str) -> None:
    assert _public_details(story, name).details["description"] == description


@then(says('{who:Who} sees "{name:Text}" as {status:Words}'))
def sees_as(story: Story, who: str, name: str, status: str) -> None:
    assert story.shop.item(story.visitor(who), story.item_id(name)).status == status.removeprefix(
        "a "
    )


@then(says('nobody else sees "{name:Text}"'))
def nobody_else_sees(story: Story, name: str) -> None:
    with pytest.raises(Refused) as refused:
        _public_details(story, name)
    assert refused.value.code == "item-not-found"


@then(says('{who:Who} has {count:Count} item called "{name:Text}"'))
def has_items(story: Story, who: str, count: int, name: str) -> None:
    query = {"seller": story.shop.seller_id(story.visitor(who)), "term": name}
    story.until(
        lambda: (
            [hit.name for hit in story.shop.search(story.nobody(), query).hits] == [name] * count
        ),
        f"there is {count} {name}",
    )


def _public_details(story: Story, name: str) -> Goods:
    return story.shop.item(story.nobody(), story.item_id(name))


def _change(
    story: Story, who: str, name: str, changes: Mapping[str, Any], version: int | None = None
) -> None:
    item_id = story.item_id(name)
    shown = version if version is not None else _public_details(story, name).version
    story.attempt(lambda: story.shop.change_item(story.visitor(who), item_id, changes, shown))


def _variant(row: Mapping[str, str]) -> dict[str, Any]:
    """A row of a table as a variant; an empty cell is not mentioned."""
    options = {option: row[option] for option in ("colour", "size") if row.get(option)}
    said: dict[str, Any] = {"variantId": row["variant"], "price": row["price"]}
    if options:
        said["options"] = options
    if row.get("stock"):
        said["stock"] = int(row["stock"])
    return said
