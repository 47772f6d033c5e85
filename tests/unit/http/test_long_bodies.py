"""Room for long bodies, in all and of one sender: whoever has none is told before anything is
read.
"""

from contextlib import ExitStack
from typing import Any

import attrs
import pytest
from prometheus_client import CollectorRegistry

from commerce_core.kernel.batching import Overloaded
from commerce_http.web.answers import Shape
from commerce_http.web.app import build_app
from commerce_http.web.dependencies import HttpContext
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.long_bodies import LONG_BODY, LongBodies, TooManyLongBodies
from commerce_http.web.operations import Runs, operation
from tests.unit.http.bare import ask

LONG = {"headers": [(b"content-length", b"%d" % (LONG_BODY + 1))]}
SHORT = {"headers": [(b"content-length", b"%d" % LONG_BODY)]}
CHUNKED = {"headers": [(b"transfer-encoding", b"chunked")]}


@attrs.frozen
class Note:
    """What is sent."""

    text: str


class NoteSize(Shape):
    """What is answered."""

    size: int


@operation("POST", "/notes", answer=NoteSize)
def note(command: Note) -> NoteSize:
    """Count letters."""
    return NoteSize(size=len(command.text))


@pytest.mark.parametrize("scope", [LONG, CHUNKED])
def test_39_one_sender_has_so_many_long_bodies_on_their_way_and_others_have_theirs(
    scope: Any,
) -> None:
    bodies = LongBodies(most=100, most_of_one=2)
    with ExitStack() as open_ones:
        for _ in range(2):
            open_ones.enter_context(bodies.room(scope, "mallory"))
        with pytest.raises(TooManyLongBodies), bodies.room(scope, "mallory"):
            pass
        with bodies.room(scope, "ann"), bodies.room(SHORT, "mallory"):
            pass
    with bodies.room(scope, "mallory"):
        pass


def test_39_there_are_so_many_in_all() -> None:
    bodies = LongBodies(most=2, most_of_one=2)
    with bodies.room(LONG, "ann"), bodies.room(LONG, "bob"):
        with pytest.raises(Overloaded), bodies.room(LONG, "cy"):
            pass
        with bodies.room(SHORT, "cy"), bodies.room({"headers": []}, "cy"):
            pass


def test_a_body_that_fails_leaves_its_room() -> None:
    bodies = LongBodies(most=1, most_of_one=1)
    for _ in range(3):
        with pytest.raises(LookupError), bodies.room(LONG, "ann"):
            raise LookupError


def test_39_who_has_no_room_is_told_when_to_come_again_and_short_bodies_are_taken() -> None:
    executor = BlockingExecutor(threads=1, on_event_loop=set(Runs))
    around = HttpContext(
        shop=object(),
        more={},
        authenticate=lambda _: None,
        currency="USD",
        executor=executor,
        long_bodies=LongBodies(most=1, most_of_one=0),
    )
    app = build_app([note], around, CollectorRegistry())

    def sent(text: str) -> Any:
        body = b'{"text": "%s"}' % text.encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
        ]
        scope = {"method": "POST", "path": "/notes", "headers": headers}
        return ask(app, scope, [{"type": "http.request", "body": body}])

    refused, taken = sent("x" * LONG_BODY), sent("x")
    executor.close()
    assert (refused.status, refused.json["code"]) == (429, "too-many-long-bodies")
    assert refused.all("retry-after") == ["1"]
    assert (taken.status, taken.json) == (200, {"size": 1})
