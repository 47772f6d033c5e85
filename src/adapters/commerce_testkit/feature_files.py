"""The features as they are written: scenarios with their rules, tags and steps, by the parser that
reads them when they run.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from gherkin.parser import Parser


@attrs.frozen(kw_only=True)
class Told:
    """A step: what it is (``Given``, ``When`` or ``Then``, never ``And``) and what it says."""

    kind: str
    text: str
    more: str


@attrs.frozen(kw_only=True)
class Scene:
    """A scenario, with the feature and the rule that it shows, and all that leads up to it."""

    place: str
    feature: str
    title: str
    rule: str | None
    tags: frozenset[str]
    before: tuple[Told, ...]
    steps: tuple[Told, ...]
    examples: str

    @property
    def capability(self) -> str:
        """The folder that it lies in."""
        return self.place.partition("/")[0]

    @property
    def key(self) -> str:
        """Its file and its title, which are no other's."""
        return f"{self.place.rpartition(':')[0]}: {self.title}"


def scenes_of(text: str, place: str) -> Iterator[Scene]:
    """The scenarios of a feature file; *place* is what it is called."""
    feature = Parser().parse(text)["feature"]
    blank = Scene(
        place=place,
        feature=feature["name"],
        title="",
        rule=None,
        tags=_tags(feature),
        before=(),
        steps=(),
        examples="",
    )
    yield from _scenes(feature["children"], blank)


def _scenes(children: Sequence[Mapping[str, Any]], within: Scene) -> Iterator[Scene]:
    for child in children:
        if "background" in child:
            before = within.before + _steps(child["background"]["steps"])
            within = attrs.evolve(within, before=before)
        elif "rule" in child:
            rule = child["rule"]
            tags = within.tags | _tags(rule)
            yield from _scenes(rule["children"], attrs.evolve(within, rule=rule["name"], tags=tags))
        else:
            told = child["scenario"]
            yield attrs.evolve(
                within,
                place=f"{within.place}:{told['location']['line']}",
                title=told["name"],
                tags=within.tags | _tags(told),
                steps=_steps(told["steps"]),
                examples="\n".join(_cells(examples) for examples in told["examples"]),
            )


def _steps(steps: Sequence[Mapping[str, Any]]) -> tuple[Told, ...]:
    kinds = {"Context": "Given", "Action": "When", "Outcome": "Then"}
    found, kind = list[Told](), "Given"
    for step in steps:
        kind = kinds.get(step["keywordType"], kind)
        more = step.get("docString", {}).get("content", "")
        table = step.get("dataTable")
        more += "\n".join(_row(row) for row in table["rows"]) if table else ""
        found.append(Told(kind=kind, text=step["text"], more=more))
    return tuple(found)


def _cells(examples: Mapping[str, Any]) -> str:
    rows = [examples.get("tableHeader"), *examples.get("tableBody", ())]
    return "\n".join(_row(row) for row in rows if row)


def _row(row: Mapping[str, Any]) -> str:
    return " | ".join(cell["value"] for cell in row["cells"])


def _tags(holder: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(tag["name"].removeprefix("@") for tag in holder["tags"])


def read(folder: Path) -> list[Scene]:
    """All scenarios below *folder*, in the order of their files."""
    return [
        scene
        for path in sorted(folder.rglob("*.feature"))
        for scene in scenes_of(path.read_text(encoding="utf-8"), str(path.relative_to(folder)))
    ]


def chosen(scenes: Iterable[Scene], tags: Collection[str], name: str) -> list[Scene]:
    """Those that have one of *tags* (all, if none is named), and *name* in their titles, their
    rules' or their features', however it is capitalised.
    """
    wanted, words = {tag.removeprefix("@") for tag in tags}, name.casefold()
    return [
        scene
        for scene in scenes
        if (not wanted or wanted & scene.tags)
        and words in f"{scene.feature}\n{scene.rule}\n{scene.title}".casefold()
    ]
