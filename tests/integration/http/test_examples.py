"""What the document shows is what a shop answers."""

import json
from pathlib import Path

from tests.integration.http.people import open_town
from tests.integration.http.story import FILE, recorded_from


def test_every_example_is_what_a_shop_answers_to_the_examples_of_bodies(tmp_path: Path) -> None:
    with open_town(tmp_path) as town:
        recorded = recorded_from(town)
    kept = json.loads(FILE.read_text())
    for kind in ("answers", "problems"):
        assert {*recorded[kind]} == {*kept[kind]}
        for name, value in recorded[kind].items():
            assert value == kept[kind][name], f"{name}: python -m tests.integration.http.story"
