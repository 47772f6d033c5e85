"""Tells how the features went as a person would: a line for each rule, and for what does not hold a
sentence, its step and the difference.
"""

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import attrs
import pytest

from commerce_testkit.feature_files import Scene
from commerce_testkit.features_messages import Messages
from commerce_testkit.features_plugin import REFUSED
from commerce_testkit.shop import Refused

_LONGEST: Final = 300


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of a scenario: ``passed``, ``failed`` or ``skipped``, and why."""

    scene: Scene
    title: str
    became: str
    why: tuple[str, ...] = ()


@attrs.define(eq=False)
class Telling:
    """A pytest plugin that *say*\\ s a line for each rule, in place of pytest's own report."""

    scenes: Mapping[str, Scene]
    say: Callable[[str], None]
    messages: Messages | None = None
    refused: str | None = None
    """Why nothing was told to the shop."""
    outcomes: list[Outcome] = attrs.field(factory=list[Outcome])
    _rule: tuple[str, str | None] | None = None
    _told: int = 0
    _step: str = ""
    _compared: tuple[str, object, object] | None = None
    _became: Outcome | None = None

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what was not chosen, and tell the rest in the order of the files."""
        left_out = [item for item in items if _key(item) not in self.scenes]
        places = {key: place for place, key in enumerate(self.scenes)}
        items[:] = sorted(
            (item for item in items if _key(item) in places), key=lambda item: places[_key(item)]
        )
        config.hook.pytest_deselected(items=left_out)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str]:
        """Nothing of pytest's own."""
        return str(report.outcome), "", ""

    def pytest_bdd_before_step(self, step: Any) -> None:
        """Remember the step: whatever goes wrong goes wrong in it."""
        self._step, self._compared = f"{step.type.capitalize()} {step.name}", None

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        """Remember what was not as it should be."""
        self._compared = op, left, right

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: "pytest.CallInfo[None]"
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Keep what became of a scenario: the first thing that went wrong counts."""
        report = yield
        scene = self.scenes[_key(item)]
        if report.when == "setup":
            self._became = Outcome(scene=scene, title=_title(item, scene), became="passed")
        if (
            report.outcome != "passed"
            and call.excinfo is not None
            and self._became is not None
            and self._became.became == "passed"
        ):
            why = self._why(report.outcome, call.excinfo.value)
            self._became = attrs.evolve(self._became, became=report.outcome, why=why)
        if report.when == "teardown" and self._became is not None:
            self._keep(self._became)
        return report

    def _why(self, became: str, error: BaseException) -> tuple[str, ...]:
        if became == "skipped":
            return (str(error),)
        return self._step, *sentences(error, self._compared)

    def _keep(self, outcome: Outcome) -> None:
        rule = (outcome.scene.feature, outcome.scene.rule)
        if rule != self._rule:
            self._tell_rule()
            if self._rule is None or self._rule[0] != rule[0]:
                self.say(outcome.scene.feature)
            self._rule = rule
        self.outcomes.append(outcome)
        if self.messages is not None:
            self.messages.ended(outcome.became, outcome.why)

    def _tell_rule(self) -> None:
        """The line of the rule that has ended, and what did not hold in it."""
        ended, self._told = self.outcomes[self._told :], len(self.outcomes)
        if not ended or self._rule is None:
            return
        states = [outcome.became for outcome in ended]
        word = "FAILS" if "failed" in states else "holds" if "passed" in states else "skips"
        self.say(f"  {word}  {self._rule[1]}")
        for outcome in ended:
            if outcome.why:
                place = "" if outcome.became == "skipped" else f"  ({outcome.scene.place})"
                self.say(f"         {outcome.title}{place}")
                for line in outcome.why:
                    self.say(f"           {line}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """The last rule."""
        self.refused = session.config.stash.get(REFUSED, None)
        self._tell_rule()


def summary(outcomes: Sequence[Outcome]) -> str:
    """How many scenarios hold, and how many do not."""
    count = Counter(outcome.became for outcome in outcomes)
    skipped = f", {count['skipped']} could not be told here" if count["skipped"] else ""
    failed = f", {count['failed']} not" if count["failed"] else ""
    return f"{len(outcomes)} scenarios: {count['passed']} hold{failed}{skipped}."


def difference(op: str, left: object, right: object) -> tuple[str, ...]:
    """What a comparison found that does not hold."""
    if op == "==":
        return f"there is  {_short(left)}", f"and not   {_short(right)}"
    words = {"!=": "is", "in": "is not in", "not in": "is in", "is": "is not", "is not": "is"}
    return (f"{_short(left)} {words.get(op, f'is not {op}')} {_short(right)}",)


def sentences(
    error: BaseException, compared: tuple[str, object, object] | None = None
) -> tuple[str, ...]:
    """An error in words, without a trace; *compared* is what the step compared last."""
    if isinstance(error, Refused):
        return (f"the shop refuses it: {error}",)
    first = str(error).splitlines()[0] if str(error) else ""
    notes = tuple(_short_text(note) for note in getattr(error, "__notes__", ()))
    if not isinstance(error, AssertionError):
        return _short_text(f"{type(error).__name__}: {first}"), *notes
    said = () if not first or first.startswith("assert ") else (_short_text(first),)
    if compared is not None and (not said or compared[0] == "=="):
        return *difference(*compared), *said, *notes
    return *(said or ("that is not so",)), *notes


def _key(item: pytest.Item) -> str:
    """The key of its scenario: pytest-bdd writes path and title on each test that it makes."""
    path, found, title = str(getattr(item, "obj", None).__doc__).partition(".feature: ")
    return f"{'/'.join(Path(path).parts[-2:])}{found}{title}"


def _title(item: pytest.Item, scene: Scene) -> str:
    """The scenario's title, with the words of its example."""
    title = scene.title
    params: Mapping[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
    for gap, word in dict(params.get("_pytest_bdd_example", {})).items():
        title = title.replace(f"<{gap}>", word)
    return title


def _short(value: object) -> str:
    return _short_text(repr(value))


def _short_text(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
