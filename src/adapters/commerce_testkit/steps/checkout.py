"""Checkout: paying for a cart, whole or in vain."""

from collections.abc import Mapping
from typing import Any, Final

import attrs
from pytest_bdd import step, then

from commerce_testkit.shop import Basket, OrderDetails, Payment, Refused
from commerce_testkit.steps.accounts import CARD_IN_ADDRESS, COUNTRIES, address_in
from commerce_testkit.steps.cart import cart_of, put
from commerce_testkit.steps.catalog import changes_price
from commerce_testkit.steps.phrases import rows, says
from commerce_testkit.story import Placed, Story

_GOOD_CARD: Final = "4242424242424242"
_CARDS: Final[Mapping[str, str]] = {
    "is declined": "4000000000000002",
    "has too little": "4000000000009995",
    "has a bank that wants to see the buyer": "4000000000003220",
    "is declined after its bank has seen the buyer": "4000008400001629",
    "is decided later": "4000000000000077",
    "is slow to answer": "4000000000000259",
}
_CARD_ANSWER_LOST: Final = "4000000000000119"
#: The columns of an address, and what the contract calls them.
_ADDRESS: Final[Mapping[str, str]] = {
    "name": "name",
    "street": "line1",
    "city": "city",
    "postal code": "postalCode",
    "country": "country",
}


def pay(
    story: Story, who: str, *, basket: Basket | None = None, wait: bool = False, **said: Any
) -> None:
    """*who* pays for *basket*, else for the own cart as it is now."""

    def act() -> OrderDetails:
        current = basket or cart_of(story, who)
        payment = attrs.evolve(
            Payment(cart_id=current.cart_id, amount=current.total, card_no=_GOOD_CARD), **said
        )
        story.payment = payment
        return story.shop.check_out(story.visitor(who), payment, wait=wait)

    _keep(story, who, story.attempt(act))


def _keep(story: Story, who: str, placed: OrderDetails | None) -> None:
    if placed is not None:
        story.placed = Placed(who=story.visitor(who), answers=[placed])


def _once_more(story: Story) -> None:
    assert story.placed is not None, "no order was placed"
    assert story.payment is not None, "nobody has paid"
    story.placed.answers.append(story.shop.check_out(story.placed.who, story.payment))


def _remembered(story: Story) -> Basket:
    assert story.remembered is not None, "no cart was remembered"
    return story.remembered


@step(says("{who:Who} [pays|has paid]"))
def pays(story: Story, who: str) -> None:
    pay(story, who)


@step(says("{who:Who} pays and waits for the end"))
def pays_and_waits(story: Story, who: str) -> None:
    pay(story, who, wait=True)


@step(says("{who:Who} pays with a card whose first answer is lost"))
def pays_with_lost_answer(story: Story, who: str) -> None:
    pay(story, who, card_no=_CARD_ANSWER_LOST)


@step(says("{who:Who} [pays|has paid] with a card that {card:Words}"))
def pays_with_card(story: Story, who: str, card: str) -> None:
    pay(story, who, card_no=_CARDS[card])


@step(says('{who:Who} pays with the card number "{number:Text}"'))
def pays_with_number(story: Story, who: str, number: str) -> None:
    pay(story, who, card_no=number)


@step(says("{who:Who} pays and has it sent to {country:Who}"))
def pays_for_country(story: Story, who: str, country: str) -> None:
    pay(story, who, address=address_in(country))


@step(says("{who:Who} pays and has it sent to"))
def pays_for_address(story: Story, who: str, datatable: list[list[str]]) -> None:
    (address,) = (address_of(row) for row in rows(datatable))
    pay(story, who, address=address)


def address_of(row: Mapping[str, str]) -> dict[str, str]:
    """A row of a table as an address, under the contract's names."""
    said = {_ADDRESS[column]: text for column, text in row.items()}
    return said | {"country": COUNTRIES[said["country"]]}


@step(says("{who:Who} pays and has it sent to an address with a card number in it"))
def pays_with_card_in_address(story: Story, who: str) -> None:
    pay(story, who, address=address_in("Germany", line1=CARD_IN_ADDRESS))


@step(says("{who:Who} has sent the order form"))
@step(says("{who:Who} sends the same order form for the new cart"))
@step(says("{who:Who} sends the same order form with the new price"))
def sends_form(story: Story, who: str) -> None:
    pay(story, who, key=story.tag)


@step(says("{who:Who}, hearing nothing, sends the same order form again"))
def sends_form_again(story: Story) -> None:
    _once_more(story)


@step(says("{who:Who} pays twice for the same cart"))
def pays_twice(story: Story, who: str) -> None:
    pay(story, who)
    _once_more(story)


@step(says("{who:Who} pays what was remembered"))
@step(says("{who:Who} pays for the cart that was remembered"))
def pays_remembered(story: Story, who: str) -> None:
    pay(story, who, basket=_remembered(story))


@step(says("{who:Who} pays for exactly the cart that was remembered"))
def pays_exactly_remembered(story: Story, who: str) -> None:
    remembered = _remembered(story)
    now = cart_of(story, who)
    pay(
        story,
        who,
        basket=attrs.evolve(remembered, total=now.total),
        cart_version=remembered.version,
    )


@step(
    says(
        "{who:Who} has sent the order form in vain, as {seller:Who} had changed the price of "
        '"{name:Text}" to {price:Amount}'
    )
)
def has_sent_form_in_vain(story: Story, who: str, seller: str, name: str, price: str) -> None:
    seen = cart_of(story, who)
    changes_price(story, seller, name, price)
    try:
        pay(story, who, basket=seen, key=story.tag)
    except Refused as refusal:
        assert refusal.code == "amount-mismatch", refusal
    else:
        raise AssertionError("that was not in vain")


@step(says("{who:Who} pays for the cart of {other:Who}"))
def pays_for_other(story: Story, who: str, other: str) -> None:
    pay(story, who, basket=cart_of(story, other))


@step(says('{who:Who} [buys|has bought] {quantity:Count} of "{name:Text}"'))
def buys(story: Story, who: str, quantity: int, name: str) -> None:
    put(story, who, quantity, name)
    pay(story, who)
    story.until(lambda: story.order().is_over, "the order is over")
    assert story.order().status == "COMPLETED"


@then("both answers are the same order")
def same_order(story: Story) -> None:
    assert story.placed is not None, "no order was placed"
    first, second = story.placed.answers
    assert first.order_id == second.order_id


@then("the order was pending when it was placed")
def was_pending(story: Story) -> None:
    assert story.placed is not None, "no order was placed"
    assert story.placed.answers[0].status == "PENDING"


@then("the order was completed when it was placed")
def was_completed(story: Story) -> None:
    assert story.placed is not None, "no order was placed"
    assert story.placed.answers[0].status == "COMPLETED"


@then(
    says(
        'the refusal names "{name:Text}", of which {wanted:Count} were wanted and {there:Count} is '
        "there"
    )
)
def refusal_names(story: Story, name: str, wanted: int, there: int) -> None:
    lines = [
        (line["itemId"], line["requested"], line["available"]) for line in _facts(story)["lines"]
    ]
    assert lines == [(story.item_id(name), wanted, there)]


@then(says("the refusal says that it costs {total:Amount} now"))
def refusal_says(story: Story, total: str) -> None:
    assert _facts(story)["currentAmount"]["amount"] == total


@then(says("the cart to use is the cart of {who:Who}"))
def cart_to_use(story: Story, who: str) -> None:
    assert _facts(story)["cartId"] == cart_of(story, who).cart_id


def _facts(story: Story) -> dict[str, Any]:
    assert story.last_refusal is not None, "nothing was refused"
    return story.last_refusal.facts
