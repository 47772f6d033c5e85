"""The features cannot pass by accident: what was refused has to be spoken of, and a sentence is
understood whole or not at all.
"""

import pytest

from commerce_testkit.service_driver import ServiceShop
from commerce_testkit.shop import Refused
from commerce_testkit.steps.phrases import assert_fields, says
from commerce_testkit.story import Story


@pytest.fixture
def story() -> Story:
    return Story(ServiceShop())


def try_to_sell(story: Story) -> None:
    story.attempt(lambda: story.shop.onboard(story.visitor("Kim"), {"name": "Desk lamp"}))


def test_a_refusal_that_no_step_speaks_of_is_an_error(story: Story) -> None:
    story.begin_step("when", "Kim offers a lamp")
    try_to_sell(story)
    with pytest.raises(Refused):
        story.begin_step("then", "the lamp is on sale")


def test_a_refusal_that_the_next_step_speaks_of_is_none(story: Story) -> None:
    story.begin_step("when", "Kim offers a lamp")
    try_to_sell(story)
    story.begin_step("then", "that is refused: nobody is logged in")
    assert story.claim_refusal().code == "unauthenticated"
    story.begin_step("then", "the cart of Kim is empty")


def test_what_a_scenario_begins_with_is_not_refused(story: Story) -> None:
    story.begin_step("given", "Kim offers a lamp")
    with pytest.raises(Refused):
        try_to_sell(story)


def test_speaking_of_a_refusal_that_did_not_happen_fails(story: Story) -> None:
    with pytest.raises(AssertionError, match="it was not refused"):
        story.claim_refusal()


@pytest.mark.parametrize("named", [{"price"}, {"price", "quantity", "name"}])
def test_a_refusal_names_its_fields_and_no_others(named: set[str]) -> None:
    refusal = Refused("invalid", fields=["/price", "/variants/0/quantity"])
    assert_fields(refusal, {"price", "quantity"})
    with pytest.raises(AssertionError):
        assert_fields(refusal, named)


def test_waiting_in_vain_says_what_for(story: Story) -> None:
    with pytest.raises(AssertionError, match="it never came to this: pigs fly"):
        story.until(lambda: False, "pigs fly")


def test_a_sentence_is_read_by_its_gaps() -> None:
    sentence = says('{who:Who} puts {quantity:Count} of "{name:Text}" into the cart')
    assert sentence.parse_arguments('Ada puts -2 of "" into the cart') == {
        "who": "Ada",
        "quantity": -2,
        "name": "",
    }


@pytest.mark.parametrize("said", ["ada pays", "Ada pays now", "Ada and Bob pays", "Then Ada pays"])
def test_half_a_sentence_is_not_understood(said: str) -> None:
    assert says("{who:Who} pays").is_matching("Ada pays")
    assert not says("{who:Who} pays").is_matching(said)
