"""The run of the features as Cucumber messages, for reports that understand those."""

import json
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import attrs
from gherkin.ast_builder import AstBuilder
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler
from gherkin.stream.id_generator import IdGenerator

_MEDIA: Final = "text/x.cucumber.gherkin+plain"
_PROTOCOL: Final = "32.0.0"
_STATES: Final[Mapping[str, str]] = {
    "passed": "PASSED",
    "failed": "FAILED",
    "skipped": "SKIPPED",
}

Envelope = dict[str, Any]


@attrs.define(eq=False)
class Case:
    """A scenario that is told now: its step ids, and when its latest step began."""

    case_id: str
    started_id: str
    step_ids: list[str]
    done: int = 0
    began: int = 0


@attrs.define(eq=False)
class Messages:
    """A pytest plugin that keeps the messages of a run: of the feature files below *folder*, then
    of each scenario among the *keys* that was told. Whoever knows how one ended says so.
    """

    folder: Path
    keys: frozenset[str]
    envelopes: list[Envelope] = attrs.field(factory=list[Envelope])
    _ids: IdGenerator = attrs.field(factory=IdGenerator)
    _pickles: dict[tuple[str, ...], Envelope] = attrs.field(factory=dict[tuple[str, ...], Envelope])
    _case: Case | None = None
    _run: str = ""
    _all_passed: bool = True

    def __attrs_post_init__(self) -> None:
        self._add("meta", _meta())
        for path in sorted(self.folder.rglob("*.feature")):
            self._read(path)

    def _read(self, path: Path) -> None:
        text, uri = path.read_text(encoding="utf-8"), str(path.relative_to(self.folder))
        document: Any = Parser(AstBuilder(self._ids)).parse(text)
        document["uri"] = uri
        name = document["feature"]["name"]
        pickles: Any = Compiler(self._ids).compile(document)
        titles = dict(_titles(document["feature"]["children"]))
        chosen = [p for p in pickles if f"{uri}: {titles[p['astNodeIds'][0]]}" in self.keys]
        if not chosen:
            return
        self._add("source", {"uri": uri, "data": text, "mediaType": _MEDIA})
        self._add("gherkinDocument", document)
        for pickle in chosen:
            self._add("pickle", pickle)
            steps = [step["text"] for step in pickle["steps"]]
            # pytest-bdd calls an example of an outline by its title with or without its words.
            self._pickles[name, titles[pickle["astNodeIds"][0]], *steps] = pickle
            self._pickles[name, pickle["name"], *steps] = pickle

    def pytest_bdd_before_scenario(self, feature: Any, scenario: Any) -> None:
        """A scenario begins."""
        if not self._run:
            self._run = self._next_id()
            self._add("testRunStarted", {"id": self._run, "timestamp": _now()})
        key = (feature.name, scenario.name, *(step.name for step in scenario.steps))
        pickle = self._pickles[key]
        case = Case(
            case_id=self._next_id(),
            started_id=self._next_id(),
            step_ids=[self._next_id() for _ in pickle["steps"]],
        )
        steps: list[Envelope] = [
            {
                "id": own,
                "pickleStepId": step["id"],
                "stepDefinitionIds": [],
                "stepMatchArgumentsLists": [],
            }
            for own, step in zip(case.step_ids, pickle["steps"], strict=True)
        ]
        self._add(
            "testCase",
            {
                "id": case.case_id,
                "pickleId": pickle["id"],
                "testRunStartedId": self._run,
                "testSteps": steps,
            },
        )
        started = {"id": case.started_id, "testCaseId": case.case_id, "attempt": 0}
        self._add("testCaseStarted", {**started, "timestamp": _now()})
        self._case = case

    def pytest_bdd_before_step(self) -> None:
        """A step begins."""
        if (case := self._case) is not None:
            case.began = time.time_ns()
            self._add("testStepStarted", {**self._step(case), "timestamp": _now()})

    def pytest_bdd_after_step(self) -> None:
        """A step has done what it says. The last one waits for what comes to light afterwards."""
        if (case := self._case) is not None and case.done + 1 < len(case.step_ids):
            self._end_step(case, "PASSED")

    def ended(self, became: str, why: Sequence[str]) -> None:
        """The scenario has ended: it has *passed*, *failed* or was *skipped*, and *why*."""
        case, self._case = self._case, None
        if case is None:  # it had not begun
            return
        state, words = _STATES[became], "\n".join(why)
        while case.done < len(case.step_ids):
            if not case.began:
                case.began = time.time_ns()
                self._add("testStepStarted", {**self._step(case), "timestamp": _now()})
            self._end_step(case, state, words)
            state, words = "SKIPPED", ""
        self._add(
            "testCaseFinished",
            {"testCaseStartedId": case.started_id, "timestamp": _now(), "willBeRetried": False},
        )

    def finish(self) -> None:
        """The run has ended."""
        ended = {"success": self._all_passed, "timestamp": _now(), "testRunStartedId": self._run}
        self._add("testRunFinished", ended)

    def _end_step(self, case: Case, state: str, words: str = "") -> None:
        now = time.time_ns()
        result: Envelope = {"status": state, "duration": _moment(now - (case.began or now))}
        if words:
            result["message"] = words
        ended = {**self._step(case), "testStepResult": result, "timestamp": _moment(now)}
        self._add("testStepFinished", ended)
        case.done, case.began = case.done + 1, 0
        self._all_passed &= state != "FAILED"

    def _step(self, case: Case) -> Envelope:
        return {"testCaseStartedId": case.started_id, "testStepId": case.step_ids[case.done]}

    def _add(self, kind: str, message: Any) -> None:
        self.envelopes.append({kind: message})

    def _next_id(self) -> str:
        return str(self._ids.get_next_id())


def as_lines(envelopes: Sequence[Envelope]) -> Iterator[str]:
    """Each message as a line of JSON."""
    for envelope in envelopes:
        yield json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))


def _titles(children: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """The scenarios' titles by their ids, as they are written."""
    for child in children:
        if "rule" in child:
            yield from _titles(child["rule"]["children"])
        elif "scenario" in child:
            yield child["scenario"]["id"], child["scenario"]["name"]


def _meta() -> Envelope:
    return {
        "protocolVersion": _PROTOCOL,
        "implementation": {"name": "commerce-core", "version": version("commerce-core")},
        "runtime": {"name": "python", "version": platform.python_version()},
        "os": {"name": platform.system()},
        "cpu": {"name": platform.machine()},
    }


def _now() -> dict[str, int]:
    return _moment(time.time_ns())


def _moment(nanoseconds: int) -> dict[str, int]:
    seconds, nanos = divmod(nanoseconds, 1_000_000_000)
    return {"seconds": seconds, "nanos": nanos}
