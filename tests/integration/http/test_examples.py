"""What the document shows is what a shop answers."""

import json
from pathlib import Path

from tests.integration.http.people import open_town
from tests.integration.http.story import FILE, told_by


def test_every_example_is_what_a_shop_answers_to_the_examples_of_bodies(tmp_path: Path) -> None:
    with open_town(tmp_path) as town:
        told = told_by(town)
    kept = json.loads(FILE.read_text())
    for kind in ("answers", "problems"):
        assert {*told[kind]} == {*kept[kind]}
        for name, value in told[kind].items():
            assert value == kept[kind][name], f"{name}: python -m tests.integration.http.story"
