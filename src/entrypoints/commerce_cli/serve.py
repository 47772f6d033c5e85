"""`commerce serve` and `commerce worker`."""

import gc
import os
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Final

import attrs
from cyclopts import Parameter

from commerce_bootstrap.deployment import Deployment
from commerce_bootstrap.setting_values import PartAway
from commerce_bootstrap.settings import Settings, load_settings
from commerce_cli.heap import loading
from commerce_cli.opening import Wait, opened_in_time
from commerce_cli.output import Output, WrongCall
from commerce_cli.stopping import (
    end_in_time,
    exit_on_signal,
    leave_threads_behind,
    stop_on_signals,
)

if TYPE_CHECKING:
    from commerce_bootstrap.shop import Shop

#: Seconds that loops have, after the last answer was given, to end what they are at.
_DRAIN: Final = 10.0
#: Objects, and collections of the younger ones, after which the next generation is collected.
_COLLECT_AFTER: Final = (20_000, 20, 50)
_LAST_PORT: Final = 65_535


def serve(
    *,
    host: Annotated[
        str | None, Parameter(help="The address to listen on, else COMMERCE_HOST.")
    ] = None,
    port: Annotated[
        int | None, Parameter(help="The port to listen on, else COMMERCE_PORT; 0 takes a free one.")
    ] = None,
) -> None:
    """Serve the shop over HTTP. With local:// delivery the worker runs inside; else start `commerce
    worker` beside it.
    """
    settings = load_settings(os.environ)
    settings = attrs.evolve(
        settings, host=host or settings.host, port=settings.port if port is None else port
    )
    bindable(settings.host, settings.port)
    out = Output()
    with exit_on_signal() as stack:
        with loading():  # what is not installed is named before anything is opened
            import_module("commerce_pages.main" if settings.pages else "commerce_http.main")
        run(_opened(stack, settings), lambda address: out.say(f"The shop is open at {address}"))


def worker(
    *,
    only: Annotated[
        str | None,
        Parameter(help="Its roles, separated by commas; all of them by default."),
    ] = None,
    host: Annotated[
        str | None, Parameter(help="The address that answers for its health, else COMMERCE_HOST.")
    ] = None,
    port: Annotated[
        int, Parameter(help="The port that answers for its health; 0 takes a free one.")
    ] = 0,
) -> None:
    """Carry orders on, deliver events and take in files, beside `commerce serve`. Any number may
    run, each with all roles or some.
    """
    from commerce_bootstrap.health import READY, HealthServer
    from commerce_bootstrap.parts import named_parts
    from commerce_worker.main import ROLES
    from commerce_worker.main import run as work

    settings = load_settings(os.environ)
    roles = ROLES if only is None else tuple(role.strip() for role in only.split(","))
    if unknown := [role for role in roles if role not in ROLES]:
        raise WrongCall(f"--only {unknown[0]!r} is none of {', '.join(ROLES)}.")
    handed_in = named_parts(settings)
    if Deployment.of(settings, handed_in.get("broker")).delivers_inside:
        raise WrongCall(
            "With local:// delivery (COMMERCE_BROKER_URL) the worker runs inside `commerce serve`: "
            "start that instead."
        )
    at = (host or settings.host, port)
    bindable(*at)
    stop = threading.Event()
    stop_on_signals(stop)
    with ExitStack() as stack, HealthServer(*at) as health:
        message = f"The worker runs; its health is at {health.address}{READY}"
        shop = opened_in_time(stack, settings, _waiting(health.report, stop))
        if shop is not None:
            work(shop, stop, roles, health, partial(Output().say, message), drain=_DRAIN)
    leave_threads_behind()


def run(
    shop: "Shop", opened: Callable[[str], None], hints: Sequence[tuple[str, str, str]] = ()
) -> None:
    """Answer requests for *shop*, and work for it where delivery is inside the process, until
    SIGINT or SIGTERM; *opened* is called with the address. Its pages show the *hints*: log-ins
    that anybody may try.
    """
    with loading():
        from commerce_worker.main import working

        answer_requests = _answering(shop, hints)

    # The collector need not look so often at what requests leave behind.
    gc.set_threshold(*_COLLECT_AFTER)
    with ExitStack() as stack:
        if shop.deployment.delivers_inside:
            stack.enter_context(working(shop, drain=_DRAIN))
        answer_requests(shop, shop.settings.host, shop.settings.port, opened, end_in_time)


def _answering(shop: "Shop", hints: Sequence[tuple[str, str, str]]) -> Callable[..., None]:
    """What answers requests: the API, and where the settings name pages, those as well."""
    if shop.settings.pages:
        from commerce_pages.main import serve as answer_with_pages

        return partial(answer_with_pages, hints=hints)
    from commerce_http.main import serve as answer_requests

    return answer_requests


def _opened(stack: ExitStack, settings: Settings) -> "Shop":
    """The shop, on *stack*. As long as a server that it needs is away, its address answers that it
    is not ready, and which part is down.
    """
    from commerce_bootstrap.health import HealthServer

    with ExitStack() as meanwhile:
        servers: list[HealthServer] = []

        def report(part: str) -> None:
            if not servers and settings.port:  # of a free one nobody knows yet which it is
                at = settings.host, settings.port
                servers.append(meanwhile.enter_context(HealthServer(*at)))
            for server in servers:
                server.report(part)

        shop = opened_in_time(stack, settings, _waiting(report, threading.Event()))
    assert shop is not None  # nobody here says no: a signal ends the process
    return shop


def _waiting(report: Callable[[str], None], stop: threading.Event) -> Wait:
    """Waits until the next look for a part that is away, having called *report*; the answer is
    no once *stop* is set.
    """

    def wait(away: PartAway, pause: float) -> bool:
        report(away.part)
        return not stop.wait(pause)

    return wait


def bindable(host: str, port: int) -> None:
    """Make sure that *host* and *port* can be listened on, before anything is opened.

    Raises:
        WrongCall: they cannot.
    """
    if not 0 <= port <= _LAST_PORT:
        raise WrongCall(
            f"{host}:{port} cannot be listened on: a port is a number between 0 and {_LAST_PORT}."
        )
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise WrongCall(f"{host}:{port} cannot be listened on: {error.strerror}.") from error
