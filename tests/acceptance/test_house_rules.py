"""Features are written by the house's rules, and the linter that says so finds what it is for."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from commerce_testkit.feature_files import Scene, read, scenes_of
from commerce_testkit.features_plugin import RISKS, features_folder
from commerce_testkit.steps.orders import CAUSES
from commerce_testkit.steps.phrases import REASONS, STEPS
from tests.acceptance.house_rules import (
    faults_among,
    faults_of_one,
    machine_words,
)

GOOD: Final = """@cart @money
Feature: Filling
  Rule: A cart holds what was put in
    Scenario: One item
      Given Sam sells "Desk lamp" at 24.50
      When Ada puts 1 of "Desk lamp" into the cart
      Then the cart of Ada costs 24.50
"""


@pytest.fixture(scope="module")
def features() -> Sequence[Scene]:
    return read(features_folder())


def faults(text: str) -> list[str]:
    scenes = list(scenes_of(text, "cart/filling.feature"))
    alone = [fault for scene in scenes for fault in faults_of_one(scene)]
    return alone + list(faults_among(scenes))


def test_every_feature_is_written_by_the_rules(features: Sequence[Scene]) -> None:
    found = [
        f"{scene.place} {scene.title}: {fault}"
        for scene in features
        for fault in faults_of_one(scene)
    ]
    assert found == []


def test_no_two_scenarios_say_the_same_and_no_sentence_is_two_things(
    features: Sequence[Scene],
) -> None:
    assert list(faults_among(features)) == []


@pytest.mark.parametrize(
    ("what", "said"),
    [("is refused:", REASONS), ("ends cancelled because", CAUSES)],
)
def test_everything_that_can_be_said_is_said_somewhere(
    features: Sequence[Scene], what: str, said: Mapping[str, str]
) -> None:
    told = {
        text
        for scene in features
        for step in scene.steps
        for text in (step.text.partition(f"{what} ")[2], *re.split(r" \| |\n", scene.examples))
    }
    assert sorted(set(said) - told) == [], f"nothing {what} that"


def test_every_step_of_an_order_is_reported_somewhere(
    features: Sequence[Scene],
) -> None:
    told = " ".join(s.text for scene in features for s in scene.steps)
    assert [name for name in STEPS if name not in told] == []


def test_each_risk_has_scenarios(features: Sequence[Scene]) -> None:
    found = {tag for scene in features for tag in scene.tags}
    assert set(RISKS) <= found


def test_a_good_feature_has_no_fault() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("said", "instead", "fault"),
    [
        ("  Rule: A cart holds what was put in\n", "", "stands under no rule"),
        ("@cart ", "", "has no tag @cart"),
        ("@money", "@slow", "has the tag @slow, which means nothing"),
        ("When Ada puts", "And Ada has put", "nobody does anything: no When"),
        ("Then the cart", "And the cart", "nothing comes of it: no Then"),
        ("costs 24.50\n", "costs 24.50\n      When Ada pays\n", "a When after a Then"),
        ("costs 24.50\n", "costs 24.50\n" + "      And it is so\n" * 6, "has 9 steps: 8 at most"),
        ('"Desk lamp" into', '"deskLamp" into', "deskLamp is camelCase"),
        ("One item", "OrderCreated is sent", "OrderCreated is an event or a class"),
        ("One item", "orders.order_created.v1", "order_created is snake_case"),
        ("One item", "orders.order_created.v1", "v1 is a version"),
        ("One item", 'It is "price-dropped"', '"price-dropped" is a code'),
        ("costs 24.50", 'is {"total": 1}', "{ is JSON"),
        ("One item", "Under the request name", "request name is a machine's word"),
        ("costs 24.50\n", "costs 24.50\n" + GOOD.split("was put in\n")[1], "are alike"),
        (
            "costs 24.50\n",
            "costs 24.50\n" + GOOD.split("was put in\n")[1],
            "the last one alone is run",
        ),
        ("the cart of Ada costs 24.50", 'Bob sells "Rug" at 1.50', "is a Given and a Then"),
    ],
)
def test_a_fault_is_found(said: str, instead: str, fault: str) -> None:
    assert said in GOOD
    assert any(fault in found for found in faults(GOOD.replace(said, instead, 1)))


def test_cells_and_texts_are_read_as_well() -> None:
    table = GOOD.replace("costs 24.50\n", "holds\n        | itemId |\n        | 1 |\n")
    assert "itemId is camelCase" in faults(table)
    text = GOOD.replace("costs 24.50\n", 'holds\n        """\n        {"_id": 1}\n        """\n')
    assert "{ is JSON" in faults(text)


@pytest.mark.parametrize(
    "said", ["Ada gets an e-mail", 'by "e-mail"', 'the variant "RED-M"', "https://a_b.example/v1"]
)
def test_what_people_write_is_no_machines_word(said: str) -> None:
    assert list(machine_words(said)) == []
