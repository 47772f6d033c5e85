"""What holds for every test: where data of the customer lies, and that units and contracts open no
connection.
"""

import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

ROOT = Path(__file__).parent.parent
LEFT_OUT = "COMMERCE_SHARED is not set: left out"
# How long an example takes says more of the machine than of what is tested.
hypothesis.settings.register_profile(
    "untimed",
    parent=hypothesis.settings(),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("untimed")
#: Below these folders nothing may leave the process.
WITHOUT_SOCKETS = (ROOT / "tests" / "unit", ROOT / "tests" / "contracts")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data that lies beside the checkout. Only for tests marked ``shared``."""
    folder = Path(os.environ["COMMERCE_SHARED"])
    assert folder.is_dir(), f"COMMERCE_SHARED names {folder}, which is no folder"
    return folder


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """A command that is run in this process sets up logging for the process: the next test must not
    inherit it.
    """
    root, shop = logging.getLogger(), logging.getLogger("commerce")
    level, level_of_shop = root.level, shop.level
    yield
    for ours in [handler for handler in root.handlers if handler.get_name() == "commerce"]:
        root.removeHandler(ours)  # it writes to what this test captured
    root.setLevel(level)
    shop.setLevel(level_of_shop)
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _no_sockets(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if any(request.path.is_relative_to(folder) for folder in WITHOUT_SOCKETS):
        for name in ("bind", "connect", "connect_ex", "sendto"):
            monkeypatch.setattr(socket.socket, name, _within_the_machine(name))
        monkeypatch.setattr(socket, "getaddrinfo", _refused)


def _within_the_machine(name: str):
    allowed = getattr(socket.socket, name)

    def guarded(self: socket.socket, *args: object) -> object:
        return allowed(self, *args) if self.family == socket.AF_UNIX else _refused()

    return guarded


def _refused(*_: object, **__: object) -> object:
    raise AssertionError("a unit or contract test opened a connection")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not os.environ.get("COMMERCE_SHARED"):
        for item in items:
            if item.get_closest_marker("shared"):
                item.add_marker(pytest.mark.skip(reason=LEFT_OUT))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    return _unskipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    return _unskipped((yield))


def _unskipped(report):
    """With the shared data at hand nothing is left out: a skip is a failure."""
    if report.skipped and os.environ.get("COMMERCE_SHARED") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = (
            f"skipped, and nothing may be while COMMERCE_SHARED is set: {report.longrepr}"
        )
    return report


def pytest_terminal_summary(terminalreporter) -> None:
    """Say plainly what was not checked."""
    missing = [
        r.nodeid for r in terminalreporter.stats.get("skipped", []) if LEFT_OUT in str(r.longrepr)
    ]
    if missing:
        terminalreporter.section(
            f"{len(missing)} checks were left out, for COMMERCE_SHARED is not set", yellow=True
        )
        for nodeid in sorted(missing):
            terminalreporter.line(nodeid)
