"""What connections and the server rest on within uvicorn, which promises none of it: a version that
has something else there fails here, by name.
"""

import asyncio
import inspect
import tomllib
from collections import deque
from pathlib import Path
from typing import Any, Final

import pytest
import uvicorn
from packaging.requirements import Requirement
from packaging.version import Version
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from commerce_http.main import ShopServer
from commerce_http.web.connections import BoundedConnection

#: What is overridden of uvicorn's, and the parameters with which uvicorn calls it.
OVERRIDDEN: Final[dict[type, dict[str, list[str]]]] = {
    BoundedConnection: {
        "connection_made": ["transport"],
        "connection_lost": ["exc"],
        "data_received": ["data"],
        "on_message_begin": [],
        "on_header": ["name", "value"],
        "on_headers_complete": [],
        "on_body": ["body"],
        "on_message_complete": [],
        "on_response_complete": [],
        "_start_asgi_task": ["cycle", "app"],
        "_unsupported_upgrade_warning": [],
    },
    ShopServer: {
        "__init__": ["config"],
        "startup": ["sockets"],
        "handle_exit": ["sig", "frame"],
        "shutdown": ["sockets"],
    },
}
PROJECT: Final = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())


def parameters(function: Any) -> list[str]:
    """The names of its parameters, but for ``self``."""
    return list(inspect.signature(function).parameters)[1:]


@pytest.mark.parametrize("ours", OVERRIDDEN, ids=lambda c: c.__name__)
def test_uvicorn_has_what_is_overridden_and_no_other_name_that_is_ours(ours: type) -> None:
    (theirs,) = ours.__bases__
    common = {name for name in vars(ours) if hasattr(theirs, name)} - set(dir(type))
    assert common | {"__init__"} == set(OVERRIDDEN[ours]) | {"__init__"}


@pytest.mark.parametrize(
    ("ours", "name"), [(ours, name) for ours, names in OVERRIDDEN.items() for name in names]
)
def test_uvicorn_calls_it_with_what_it_takes(ours: type, name: str) -> None:
    (theirs,) = ours.__bases__
    assert parameters(getattr(theirs, name)) == OVERRIDDEN[ours][name]
    if name != "__init__":
        assert parameters(getattr(ours, name)) == OVERRIDDEN[ours][name]


class Line(asyncio.Transport):
    """Goes nowhere."""

    def is_closing(self) -> bool:
        return False

    def write(self, data: Any) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_connection_and_a_request_have_the_attributes_that_are_read() -> None:
    async def never(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    async def look() -> None:
        config = uvicorn.Config(never, loop="asyncio", ws="none", log_config=None)
        config.load()
        connection = HttpToolsProtocol(config, ServerState(), {}, asyncio.get_running_loop())
        connection.connection_made(Line({"peername": ("127.0.0.1", 1)}))
        assert connection.client == ("127.0.0.1", 1)
        assert connection.loop is asyncio.get_running_loop()
        assert isinstance(connection.transport, asyncio.Transport)
        assert isinstance(connection.flow, FlowControl)
        assert isinstance(connection.pipeline, deque)
        assert list(inspect.signature(connection.send_400_response).parameters) == ["msg"]
        assert {"pause_reading", "resume_reading"} <= set(dir(FlowControl))
        connection.data_received(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        cycle = connection.cycle
        assert isinstance(cycle, RequestResponseCycle)
        assert (cycle.response_complete, cycle.disconnected) == (False, False)
        assert isinstance(cycle.message_event, asyncio.Event)
        (task,) = connection.tasks
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(look())


def test_only_versions_are_allowed_with_which_this_was_tried() -> None:
    (requirement,) = (
        Requirement(text)
        for text in PROJECT["project"]["optional-dependencies"]["http"]
        if text.startswith("uvicorn")
    )
    here = Version(uvicorn.__version__)
    assert requirement.specifier.contains(str(here))
    (upper,) = (Version(s.version) for s in requirement.specifier if s.operator == "<")
    newest = Version(_locked("uvicorn"))
    assert upper.release == (newest.major, newest.minor + 1)


def _locked(name: str) -> str:
    lock = (Path(__file__).parents[3] / "requirements" / "dev.txt").read_text()
    return next(
        line.partition("==")[2].partition(" ")[0]
        for line in lock.splitlines()
        if line.startswith(f"{name}==")
    )
