"""What a command shows: words for people, a moving bar on a terminal, one JSON document for
programs.
"""

import json
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final

from cyclopts import Parameter

#: Seconds between two lines of progress where there is no terminal.
_LINE_EVERY: Final = 2.0

#: The switch that commands share.
AsJson = Annotated[
    bool, Parameter(name="--json", negative="", help="Answer with one JSON document, for programs.")
]

#: Called with how much is done and, in words, of what.
Report = Callable[[int, str], None]


class WrongCall(Exception):
    """A command cannot be carried out; the text is one sentence that says why."""


class Output:
    """Where a command writes. With *as_json* nothing but the final document goes to standard
    output.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json

    def say(self, text: str) -> None:
        """A line for people."""
        if not self.as_json:
            print(text, flush=True)

    def warn(self, text: str) -> None:
        """A line for people that is no part of the result."""
        print(f"commerce: {text}", file=sys.stderr, flush=True)

    def answer(self, data: Any) -> None:
        """The result, for programs."""
        if self.as_json:
            print(json.dumps(data, ensure_ascii=False, indent=2), flush=True)

    def table(self, rows: "list[Mapping[str, object]]", columns: tuple[str, ...]) -> None:
        """Rows for people, in aligned columns."""
        texts = [columns, *(tuple(str(row[c]) for c in columns) for row in rows)]
        widths = [max(len(text[i]) for text in texts) for i in range(len(columns))]
        for text in texts:
            self.say(
                "  ".join(
                    cell.ljust(width) for cell, width in zip(text, widths, strict=True)
                ).rstrip()
            )

    @contextmanager
    def progress(self, what: str, total: int | None = None) -> Generator[Report]:
        """A report of how far *what* has come; it goes to standard error, so that results can be
        piped.
        """
        if self.as_json:
            yield lambda _done, _words: None
        elif sys.stderr.isatty():
            with _bar(what, total) as report:
                yield report
        else:
            yield _lines(what)


def _lines(what: str) -> Report:
    """A plain line now and then."""
    printed_at = time.monotonic()

    def report(_done: int, words: str) -> None:
        nonlocal printed_at
        if time.monotonic() - printed_at >= _LINE_EVERY:
            printed_at = time.monotonic()
            print(f"{what}: {words}", file=sys.stderr, flush=True)

    return report


@contextmanager
def _bar(what: str, total: int | None) -> Generator[Report]:
    from rich.console import Console  # loaded only for a terminal
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[words]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total, words="")
        yield lambda done, words: bar.update(task, completed=done, words=words)
