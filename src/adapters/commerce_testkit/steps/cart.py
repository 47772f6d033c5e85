"""Carts: filling, looking, and what becomes of a guest's."""

from collections.abc import Mapping
from typing import Any, Final

from pytest_bdd import step, then

from commerce_testkit.shop import Basket, BasketLine
from commerce_testkit.steps.catalog import offer_many_variants
from commerce_testkit.steps.phrases import rows, says
from commerce_testkit.story import Story

_MOST_VARIANTS: Final = 200


def put(story: Story, who: str, quantity: int, name: str, variant: str | None = None) -> None:
    """Have *quantity* pieces of an item in the cart of *who*."""
    visitor, item_id = story.visitor(who), story.item_id(name)
    story.attempt(lambda: story.shop.set_quantity(visitor, item_id, variant, quantity))


def change_cart(story: Story, who: str, changes: Mapping[str, Any]) -> None:
    """Have something else than quantities changed in the cart of *who*."""
    story.attempt(lambda: story.shop.change_cart(story.visitor(who), changes))


def cart_of(story: Story, who: str) -> Basket:
    """What is in the cart of *who*."""
    return story.shop.cart(story.visitor(who))


@step(says('{who:Who} [puts|has put] {quantity:Count} of "{name:Text}" into the cart'))
def puts(story: Story, who: str, quantity: int, name: str) -> None:
    put(story, who, quantity, name)


@step(
    says(
        '{who:Who} puts {quantity:Count} of the variant "{variant:Text}" of "{name:Text}" into the '
        "cart"
    )
)
def puts_variant(story: Story, who: str, quantity: int, variant: str, name: str) -> None:
    put(story, who, quantity, name, variant)


@step(says("{who:Who} has put {count:Count} different things of {seller:Who} into the cart"))
def puts_many(story: Story, who: str, count: int, seller: str) -> None:
    """Items of so many variants as an item may have."""
    for number in range(0, count, _MOST_VARIANTS):
        name = f"Screw {number}"
        offer_many_variants(story, seller, name, min(_MOST_VARIANTS, count - number))
        item_id = story.item_id(name)
        forms = story.shop.item(story.nobody(), item_id).forms
        story.shop.set_quantities(
            story.visitor(who), [(item_id, form.variant_id, 1) for form in forms]
        )


@then(says("the cart of {who:Who} holds {count:Count} different things"))
def holds_many(story: Story, who: str, count: int) -> None:
    assert len(cart_of(story, who).lines) == count


@step(says("{who:Who} puts an item that does not exist into the cart"))
def puts_unknown(story: Story, who: str) -> None:
    unknown = "00000000-0000-7000-8000-000000000000"
    story.attempt(lambda: story.shop.set_quantity(story.visitor(who), unknown, None, 1))


@step(says("{who:Who} [empties|has emptied] the cart"))
def empties(story: Story, who: str) -> None:
    story.attempt(lambda: story.shop.empty_cart(story.visitor(who)))


@step(says("{who:Who} [looks|has looked] at the cart"))
def looks(story: Story, who: str) -> None:
    cart_of(story, who)


@step(says("{who:Who} remembers the cart"))
@step(says("{who:Who} remembers what the cart costs"))
def remembers(story: Story, who: str) -> None:
    story.remembered = cart_of(story, who)


@step(says("{who:Who} logs in again, showing the guest's cart once more"))
def shows_token_again(story: Story, who: str) -> None:
    visitor = story.visitor(who)
    visitor.cart_token = story.guest_tokens[who]
    story.shop.log_in(visitor)
    cart_of(story, who)


@step(says("{who:Who} goes on at the computer of {other:Who}"))
def inherits_computer(story: Story, who: str, other: str) -> None:
    story.visitor(who).cart_token = story.visitor(other).cart_token


@step(says('{who:Who} has noted "{name:Text}" as "{value:Text}" with the cart'))
def notes(story: Story, who: str, name: str, value: str) -> None:
    change_cart(story, who, {"metadata": {name: value}})


@step(says('{who:Who} no longer notes "{name:Text}" with the cart'))
def forgets_note(story: Story, who: str, name: str) -> None:
    change_cart(story, who, {"metadata": {name: None}})


@step(says("{who:Who} notes {count:Count} things with the cart"))
def notes_many(story: Story, who: str, count: int) -> None:
    change_cart(story, who, {"metadata": {f"note {n}": n for n in range(count)}})


@step(says('{who:Who} has noted "{note:Text}" as "{value:Text}" with "{name:Text}" in the cart'))
def notes_with_line(story: Story, who: str, note: str, value: str, name: str) -> None:
    line = _line(story, who, name)
    said = {"itemId": line.item_id, "quantity": line.quantity, "metadata": {note: value}}
    change_cart(story, who, said)


@step(says('{who:Who} [enters|has entered] the coupon "{code:Text}"'))
def enters_coupon(story: Story, who: str, code: str) -> None:
    change_cart(story, who, {"coupons": [code]})


@then(says('the cart of {who:Who} shows that there is no coupon "{code:Text}"'))
def coupon_unknown(story: Story, who: str, code: str) -> None:
    assert cart_of(story, who).coupons == {code: "coupon-unknown"}


@then(says("the cart of {who:Who} notes nothing"))
def cart_notes_nothing(story: Story, who: str) -> None:
    assert cart_of(story, who).metadata == {}


@then(says('the cart of {who:Who} notes "{name:Text}" as "{value:Text}"'))
def cart_notes(story: Story, who: str, name: str, value: str) -> None:
    assert cart_of(story, who).metadata[name] == value


@then(says('the cart of {who:Who} notes "{note:Text}" as "{value:Text}" with "{name:Text}"'))
def line_notes(story: Story, who: str, note: str, value: str, name: str) -> None:
    assert _line(story, who, name).metadata == {note: value}


@then(says("the cart of {who:Who} is empty"))
def is_empty(story: Story, who: str) -> None:
    assert cart_of(story, who).lines == ()


@then(says('the cart of {who:Who} holds {quantity:Count} of "{name:Text}"'))
def holds(story: Story, who: str, quantity: int, name: str) -> None:
    assert _line(story, who, name).quantity == quantity


@then(says("the cart of {who:Who} holds"))
def holds_table(story: Story, who: str, datatable: list[list[str]]) -> None:
    held = {
        story.name_of(line.item_id): (line.quantity, line.unit_price.amount, line.line_total.amount)
        for line in cart_of(story, who).lines
    }
    assert held == {
        row["item"]: (int(row["quantity"]), row["price"], row["together"])
        for row in rows(datatable)
    }


@then(says("the cart of {who:Who} costs {total:Amount}"))
def costs(story: Story, who: str, total: str) -> None:
    assert cart_of(story, who).total.amount == total


@then(says("the cart of {who:Who} shows no problem"))
def shows_no_problem(story: Story, who: str) -> None:
    assert [line.problems for line in cart_of(story, who).lines if line.problems] == []


@then(says('the cart of {who:Who} shows that the price of "{name:Text}" has changed'))
def shows_price_changed(story: Story, who: str, name: str) -> None:
    assert _line(story, who, name).problems == ("price-changed",)


@then(says('the cart of {who:Who} shows that "{name:Text}" is sold out'))
def shows_sold_out(story: Story, who: str, name: str) -> None:
    assert _line(story, who, name).problems == ("sold-out",)


@then(says('the cart of {who:Who} shows that "{name:Text}" is withdrawn'))
def shows_withdrawn(story: Story, who: str, name: str) -> None:
    assert "withdrawn" in _line(story, who, name).problems


def _line(story: Story, who: str, name: str) -> BasketLine:
    lines = [line for line in cart_of(story, who).lines if line.item_id == story.item_id(name)]
    assert len(lines) == 1, f"{name} is on {len(lines)} lines"
    return lines[0]
