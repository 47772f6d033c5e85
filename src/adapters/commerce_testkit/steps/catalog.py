"""The catalogue: onboarding, changing, publishing, importing."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pytest
from pytest_bdd import step, then

from commerce_testkit.shop import Form, Goods, Refused
from commerce_testkit.steps.phrases import amount, rows, says
from commerce_testkit.story import Story

_FORMS: Final = {"line by line": "ndjson", "list": "json", "table": "csv"}
_EVERY_DETAIL: Final[Mapping[str, Any]] = {
    "description": "Bends in every direction — even backwards.",
    "brand": "Lumière",
    "category": "lighting",
    "tags": ["lamp", "desk"],
    "images": ["https://pictures.example/lamp.jpg"],
    "gtins": ["4006381333931"],
    "specifications": {"watts": 7, "Dimmable?": True},
    "attributes": {"Colour of shade": "red", "sockets": ["E14", "E27"]},
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


@step(says('{who:Who} offers "{name:Text}" at {price:Amount} with {stock:Count} in stock'))
@step(
    says(
        '{who:Who} offers "{name:Text}" at {price:Amount} with {stock:Count} in stock and nothing '
        "else"
    )
)
def offers(story: Story, who: str, name: str, price: str, stock: int) -> None:
    offer(story, who, name, price=price, quantity=stock)


@step(says('{who:Who} drafts "{name:Text}" at {price:Amount} with {stock:Count} in stock'))
def drafts(story: Story, who: str, name: str, price: str, stock: int) -> None:
    offer(story, who, name, price=price, quantity=stock, status="draft")


@step(
    says('{who:Who} offers "{name:Text}" at {price:Amount}, noting "{note:Text}" as "{value:Text}"')
)
def offers_with_note(story: Story, who: str, name: str, price: str, note: str, value: str) -> None:
    offer(story, who, name, price=price, metadata={note: value})


@step(says('{who:Who} notes "{note:Text}" as "{value:Text}" with "{name:Text}"'))
def notes_with_item(story: Story, who: str, note: str, value: str, name: str) -> None:
    _change(story, who, name, {"metadata": {note: value}})


@then(says('"{name:Text}" notes "{note:Text}" as "{value:Text}"'))
def item_notes(story: Story, name: str, note: str, value: str) -> None:
    item = story.shop.item(story.nobody(), story.item_id(name))
    assert item.details["metadata"] == {note: value}


@step(says('{who:Who} offers "{name:Text}" in variants'))
def offers_variants(story: Story, who: str, name: str, datatable: list[list[str]]) -> None:
    offer(story, who, name, variants=[_variant(row) for row in rows(datatable)])


@step(says('{who:Who} offers "{name:Text}" in {count:Count} variants'))
def offers_many_variants(story: Story, who: str, name: str, count: int) -> None:
    offer(
        story,
        who,
        name,
        variants=[
            {"variantId": str(number), "price": "1.00", "stock": 1} for number in range(count)
        ],
    )


@step(says("{who:Who} offers an item with every detail"))
def offers_every_detail(story: Story, who: str) -> None:
    offer(story, who, "Desk lamp", **_EVERY_DETAIL)


@step(says('{who:Who} offers "{name:Text}" with the article number "{sku:Text}"'))
def offers_with_sku(story: Story, who: str, name: str, sku: str) -> None:
    offer(story, who, name, sku=sku)


@step(says('{who:Who} offers "{name:Text}" with the package number "{gtin:Text}"'))
def offers_with_gtin(story: Story, who: str, name: str, gtin: str) -> None:
    offer(story, who, name, gtins=[gtin])


@step(says('{who:Who} offers "{name:Text}" under the request name "{key:Text}"'))
def offers_with_key(story: Story, who: str, name: str, key: str) -> None:
    offer(story, who, name, key=key)


@step(says('{who:Who} offers "{name:Text}" and, hearing nothing, offers it once more'))
def offers_twice(story: Story, who: str, name: str) -> None:
    offer(story, who, name, key="sent twice")
    first = story.item_id(name)
    offer(story, who, name, key="sent twice")
    assert story.item_id(name) == first


@step(says('{who:Who} offers an item with the {field:Words} "{value:Text}"'))
def offers_with_field(story: Story, who: str, field: str, value: str) -> None:
    said: Any = int(value) if field == "quantity" else [value] if field == "images" else value
    offer(story, who, **{"name": "Desk lamp", field: said})


@step(says("{who:Who} offers an item without a price and a quantity"))
def offers_without_price(story: Story, who: str) -> None:
    story.attempt(lambda: story.shop.onboard(story.visitor(who), {"name": "Desk lamp"}))


@step(says("{who:Who} offers the items"))
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


@step(says('{who:Who} changes the price of "{name:Text}" to {price:Amount}'))
def changes_price(story: Story, who: str, name: str, price: str) -> None:
    _change(story, who, name, {"price": price})


@step(
    says(
        '{who:Who} changes the price of "{name:Text}" to {price:Amount} in one window and to '
        "{other:Amount} in another"
    )
)
def changes_price_twice(story: Story, who: str, name: str, price: str, other: str) -> None:
    version = story.shop.item(story.visitor(who), story.item_id(name)).version
    _change(story, who, name, {"price": price}, version)
    _change(story, who, name, {"price": other}, version)


@step(says('{who:Who} describes "{name:Text}" as "{description:Text}"'))
def describes(story: Story, who: str, name: str, description: str) -> None:
    _change(story, who, name, {"description": description})


@step(says('{who:Who} takes the description of "{name:Text}" away'))
def takes_description_away(story: Story, who: str, name: str) -> None:
    _change(story, who, name, {"description": None})


@step(says('{who:Who} renames "{name:Text}" to "{other:Text}"'))
def renames(story: Story, who: str, name: str, other: str) -> None:
    _change(story, who, name, {"name": other})
    story.remember_item(other, story.item_id(name))


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


@step(says('{who:Who} withdraws "{name:Text}"'))
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


@then("anyone sees every detail of it")
def anyone_sees_every_detail(story: Story) -> None:
    details = _public_details(story, "Desk lamp").details
    assert {field: details[field] for field in _EVERY_DETAIL} == _EVERY_DETAIL


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
        lambda: [hit.name for hit in story.shop.search(query).hits] == [name] * count,
        f"there is {count} {name}",
    )


@step(says("{who:Who} imports a {form:Words} file"))
def imports(story: Story, who: str, form: str, datatable: list[list[str]]) -> None:
    _import(story, who, _FORMS[form], _file(_FORMS[form], datatable))


@step(says("{who:Who} tries an import of a {form:Words} file"))
def tries_import(story: Story, who: str, form: str, datatable: list[list[str]]) -> None:
    _import(story, who, _FORMS[form], _file(_FORMS[form], datatable), dry_run=True)


@step(says("{who:Who} imports the same file again"))
def imports_again(story: Story, who: str) -> None:
    assert story.imported is not None, "nothing was imported"
    _import(story, who, *story.imported)


@step(says("{who:Who} imports the document"))
def imports_document(story: Story, who: str, docstring: str) -> None:
    _import(story, who, "ndjson", json.dumps(json.loads(docstring)) + "\n")


@step(says("{who:Who} looks at the import of {other:Who}"))
def looks_at_import(story: Story, who: str, other: str) -> None:
    assert story.report is not None, f"{other} has imported nothing"
    import_id = story.report.import_id
    story.attempt(lambda: story.shop.import_report(story.visitor(who), import_id))


@then(
    says(
        "the import has created {created:Count}, changed {changed:Count}, left {same:Count} as "
        "they were and refused {failed:Count}"
    )
)
def import_has(story: Story, created: int, changed: int, same: int, failed: int) -> None:
    assert (report := story.report) is not None, "nothing was imported"
    assert (report.created, report.changed, report.unchanged, report.failed) == (
        created,
        changed,
        same,
        failed,
    ), report


@then("the import names the rows")
def import_names(story: Story, datatable: list[list[str]]) -> None:
    assert story.report is not None, "nothing was imported"
    assert {(line, pointer.strip("/")) for line, pointer in story.report.refused} == {
        (int(row["line"]), row["field"]) for row in rows(datatable)
    }


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


def _file(form: str, datatable: list[list[str]]) -> str:
    if form == "csv":
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(datatable)
        return out.getvalue()
    items = [{**row, "quantity": int(row["quantity"])} for row in rows(datatable)]
    return (
        json.dumps(items) if form == "json" else "".join(json.dumps(item) + "\n" for item in items)
    )


def _import(story: Story, who: str, form: str, text: str, *, dry_run: bool = False) -> None:
    story.imported = (form, text)
    story.report = story.attempt(
        lambda: story.shop.import_items(story.visitor(who), form, text, dry_run=dry_run)
    )
