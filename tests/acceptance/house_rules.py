"""How features are written: rules that a machine can hold."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from commerce_testkit.feature_files import Scene
from commerce_testkit.features_plugin import RISKS

MOST_STEPS: Final = 8
_GAP: Final = re.compile(r"<[^>]+>")
_QUOTED: Final = re.compile(r'"[^"]*"')
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_ADDRESS: Final = re.compile(r"\w+://\S+")
#: People, and places that only a first name is like.
_NAME: Final = re.compile(r"\b(?:Ada|Bob|Cleo|Eve|Gil|Gus|Guy|Kim|Olga|Sam|Sue)\b")
_ARTICLE: Final = re.compile(r"\b[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+\b")
#: What is spelt as only a machine spells it, and why it gives itself away.
_SPELLINGS: Final[Mapping[str, re.Pattern[str]]] = {
    "camelCase": re.compile(r"\b[a-z]+[A-Z]\w*"),
    "an event or a class": re.compile(r"\b[A-Z][a-z]+[A-Z]\w*"),
    "snake_case": re.compile(r"\b\w+_\w+"),
    "a version": re.compile(r"\bv\d+\b"),
    "a code": re.compile(r'"[a-z]+(?:-[a-z]+)+"'),
    "JSON": re.compile(r"[{}]"),
}
#: Words of the trade of those who build shops, not of those who run them.
_WORDS: Final = re.compile(
    r"\b(?:API|boolean|cache|CSV|cursor|endpoint|HTTP|idempoten\w+|JSON|key|metadata|null|payload|"
    r"pivot|request name|saga|status code|table row|timestamp|token|URL|UUID)s?\b",
    re.IGNORECASE,
)
#: Codes that look like words of the trade as well, and are.
_TRADE: Final = frozenset({"e-mail"})


def sentence(text: str) -> str:
    """What is left of a step when names, numbers and quotations are taken out."""
    bare = _NUMBER.sub("#", _QUOTED.sub("…", _GAP.sub("…", text)))
    return _NAME.sub("Who", bare)


def faults_of_one(scene: Scene) -> Iterator[str]:
    """What is wrong with a scenario by itself."""
    if not scene.rule:
        yield "stands under no rule"
    if scene.capability not in scene.tags:
        yield f"has no tag @{scene.capability}"
    for tag in sorted(scene.tags - {scene.capability, *RISKS}):
        yield f"has the tag @{tag}, which means nothing"
    if len(scene.steps) > MOST_STEPS:
        yield f"has {len(scene.steps)} steps: {MOST_STEPS} at most"
    yield from _faults_of_order([step.kind for step in scene.steps])
    said = [scene.title, scene.rule or "", scene.examples]
    for text in [*said, *(part for s in scene.steps for part in (s.text, s.more))]:
        yield from machine_words(text)


def _faults_of_order(kinds: Sequence[str]) -> Iterator[str]:
    if "When" not in kinds:
        yield "nobody does anything: no When"
    if "Then" not in kinds:
        yield "nothing comes of it: no Then"
    order = {"Given": 0, "When": 1, "Then": 2}
    for earlier, later in pairwise(kinds):
        if order[later] < order[earlier]:
            yield f"a {later} after a {earlier}"


def machine_words(text: str) -> Iterator[str]:
    """What in *text* is spelt, or called, as only a machine would."""
    bare = _ARTICLE.sub("…", _ADDRESS.sub("…", text))
    for word in _TRADE:
        bare = bare.replace(f'"{word}"', "…")
    for why, spelling in _SPELLINGS.items():
        yield from (f"{found.group()} is {why}" for found in spelling.finditer(bare))
    yield from (f"{found.group()} is a machine's word" for found in _WORDS.finditer(bare))


def faults_among(scenes: Sequence[Scene]) -> Iterator[str]:
    """What is wrong with scenarios beside each other."""
    alike, titles = defaultdict[object, list[str]](list), Counter[str]()
    kinds = defaultdict[str, set[str]](set)
    for scene in scenes:
        told = tuple((s.kind, s.text, s.more) for s in (*scene.before, *scene.steps))
        alike[told, scene.examples].append(scene.place)
        titles[scene.key] += 1
        for step in (*scene.before, *scene.steps):
            kinds[sentence(step.text)].add(step.kind)
    yield from (f"{' and '.join(places)} are alike" for places in alike.values() if places[1:])
    yield from (
        f"there are {count} scenarios {key}: the last one alone is run"
        for key, count in titles.items()
        if count > 1
    )
    yield from (
        f"'{sentence}' is a {' and a '.join(sorted(found))}"
        for sentence, found in sorted(kinds.items())
        if len(found) > 1
    )
