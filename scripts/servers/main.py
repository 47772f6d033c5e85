"""What ``scripts/services`` does."""

import argparse
import signal
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final, Protocol

from scripts.servers.containers import Containers
from scripts.servers.errors import NoServer
from scripts.servers.native import SETTINGS, NativeServers
from scripts.servers.places import FOLDER, services_folder

_HELP: Final = f"""\
Private PostgreSQL, RabbitMQ and OpenSearch on free ports of 127.0.0.1, their files below
var/services ({FOLDER} names another folder). Where a Docker daemon answers they are containers
(compose.yaml), else processes, installed by the system's package manager and Maven.
"""
_VERBS: Final = {
    "up": "install what is missing, start what is down, and wait until it is ready",
    "down": "stop what is up; data stays",
    "status": "say what is up; exit code 1 unless everything asked for is",
    "env": 'print the shop\'s settings for what is up:  set -a; eval "$(scripts/services env)"',
    "install": "only install what is missing",
}


class Servers(Protocol):
    """A set of servers, whatever they run in."""

    @property
    def management_url(self) -> str: ...
    def install(self, names: Collection[str]) -> None: ...
    def up(self, names: Collection[str], nodes: int = 1) -> None: ...
    def down(self, names: Collection[str]) -> None: ...
    def discard(self) -> None: ...
    def state(self, name: str) -> str: ...
    def url(self, name: str) -> str: ...


def servers_in(folder: Path) -> Servers:
    """The set that *folder* holds: what it was started as, else containers where Docker answers,
    else processes.
    """
    containers, native = Containers(folder), NativeServers(folder)
    if containers.used:
        return containers
    return containers if not native.running and containers.possible() else native


def main(arguments: Sequence[str]) -> int:
    """Carry out *arguments*; the exit code: 0 done, 1 it could not be done, 2 it was asked
    wrongly.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = _parser().parse_args(arguments)
    names = options.names or list(SETTINGS)
    try:
        servers = servers_in(services_folder())
        if options.verb == "status":
            return _status(servers, names)
        if options.verb == "env":
            _env(servers, names)
        elif options.verb == "up":
            servers.up(names, options.nodes)
            _status(servers, names)
        elif options.verb == "down":
            servers.down(names)
        else:
            servers.install(names)
    except NoServer as error:
        print(f"services: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/services",
        description=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="|".join(_VERBS))
    for verb, meaning in _VERBS.items():
        of = verbs.add_parser(
            verb, help=meaning.replace("%", "%%"), description=meaning, allow_abbrev=False
        )
        of.add_argument(
            "names", nargs="*", metavar="|".join(SETTINGS), type=_known, help="which; none is all"
        )
        if verb == "up":
            of.add_argument(
                "--nodes",
                type=int,
                choices=(1, 3),
                default=1,
                help="OpenSearch as a cluster of so many nodes",
            )
    return parser


def _known(name: str) -> str:
    if name not in SETTINGS:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(SETTINGS)}")
    return name


def _status(servers: Servers, names: Collection[str]) -> int:
    states = {name: servers.state(name) for name in names}
    for name, state in states.items():
        where = (
            f"  {servers.url(name).rpartition('@')[2].rpartition('//')[2].partition('/')[0]}"
            if state.startswith("up")
            else ""
        )
        print(f"{name:<12}{state}{where}")
    return 0 if all(state.startswith("up") for state in states.values()) else 1


def _env(servers: Servers, names: Collection[str]) -> None:
    for name in names:
        if servers.state(name).startswith("up"):
            print(f"{SETTINGS[name]}={servers.url(name)}")
