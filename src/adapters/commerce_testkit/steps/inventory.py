"""Stock: counting in and out, and what is left."""

from typing import Any

from pytest_bdd import step, then

from commerce_testkit.steps.phrases import says
from commerce_testkit.story import Story


@step(
    says(
        '{who:Who} [receives|has received] {count:Count} of "{name:Text}" with the reference '
        '"{reference:Text}"'
    )
)
def receives(story: Story, who: str, count: int, name: str, reference: str) -> None:
    _receive(story, who, name, {"quantity": count, "reference": reference})


@step(
    says(
        '{who:Who} [takes|has taken] {count:Count} of "{name:Text}" out with the reference '
        '"{reference:Text}"'
    )
)
def takes_out(story: Story, who: str, count: int, name: str, reference: str) -> None:
    _receive(story, who, name, {"quantity": -count, "reference": reference})


@step(
    says(
        '{who:Who} receives {count:Count} of the variant "{variant:Text}" of "{name:Text}" with '
        'the reference "{reference:Text}"'
    )
)
def receives_variant(
    story: Story, who: str, count: int, variant: str, name: str, reference: str
) -> None:
    _receive(story, who, name, {"variantId": variant, "quantity": count, "reference": reference})


@then(says('{count:Count} of "{name:Text}" are in stock'))
def are_in_stock(story: Story, count: int, name: str) -> None:
    assert story.shop.item(story.nobody(), story.item_id(name)).stock == count


def _receive(story: Story, who: str, name: str, receipt: dict[str, Any]) -> None:
    story.attempt(
        lambda: story.shop.receive_stock(story.visitor(who), story.item_id(name), receipt)
    )
