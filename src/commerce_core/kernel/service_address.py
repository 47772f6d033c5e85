"""Addresses of databases, brokers and parties outside: read in one way, and shown without what is
secret in them.
"""

import re
from typing import Final
from urllib.parse import quote, unquote

import attrs

_HIDDEN: Final = "***"
#: Schemes of files: nobody logs in there.
_FILES: Final = frozenset({"folder", "local", "sandbox", "sqlite", "tantivy"})
#: Schemes of servers whose hosts, paths and user names are no secrets. Of any other scheme nothing
#: is known.
_SERVERS: Final = frozenset(
    {
        "amqp",
        "amqps",
        "http",
        "https",
        "opensearch",
        "opensearchs",
        "postgres",
        "postgresql",
        "smtp",
        "smtps",
    }
)
_WEB: Final = frozenset({"http", "https"})
#: Options whose values may be shown. What is not listed may be a secret, whatever its name.
_SHOWN: Final = frozenset({
    "application_name", "ca", "connect_timeout", "connection_attempts", "heartbeat", "host", "name",
    "port", "refresh", "retry_delay", "schema",
    "socket_timeout", "sslmode", "sslrootcert", "starttls", "synonyms", "target_session_attrs",
    "timeout",
})  # fmt: skip
#: Those of them that are numbers: anything else that stands there was meant for somewhere else.
_COUNTS: Final = frozenset(
    {
        "connect_timeout",
        "connection_attempts",
        "heartbeat",
        "port",
        "retry_delay",
        "socket_timeout",
        "timeout",
    }
)
_COUNT: Final = re.compile(r"[\d.,-]*")
_HARMLESS: Final = re.compile(r"[\w.,:/+-]*")
_OPTIONS: Final = re.compile(r"[\w.-]+=[^&]*(?:&[\w.-]+=[^&]*)*&?", re.DOTALL)
_HOSTS: Final = re.compile(r"(?:\[[^\]/]*\]|[^:/\[\]]*)(?::\d*)?")
#: What may stand in a name or a password as it is; a percent sign already spells another character.
_PLAIN: Final = "%!$&'()*+,;=:~"
_LAST_PORT: Final = 65_535
_LONGEST_WORD: Final = 16


@attrs.frozen(kw_only=True)
class ServiceAddress:
    """``scheme://login@hosts/path?options``, each part as it was written. The login may hold any
    character.
    """

    scheme: str
    login: str | None = attrs.field(default=None, repr=False)
    hosts: str
    path: str
    options: str = attrs.field(default="", repr=False)
    clear: bool = True
    """Whether it can be read in one way only."""

    @classmethod
    def parse(cls, text: str) -> "ServiceAddress":
        """Read *text*; whatever is no address becomes one that shows nothing."""
        scheme, mark, rest = text.partition("://")
        if not mark or not re.fullmatch(r"[A-Za-z][\w+.-]*", scheme):
            return cls(scheme="", hosts="", path="", clear=False)
        base, options, clear = _without_options(rest)
        login, at, tail = ("", "", base) if base.startswith("/") else base.rpartition("@")
        place, cut, _ = re.sub("[?#]", "\n", tail).partition("\n")
        hosts, slash, path = place.partition("/")
        return cls(
            scheme=scheme.lower(), login=login if at else None, hosts=hosts, path=slash + path,
            options=options,
            clear=clear and not cut and not (at and "@" in options),
        )  # fmt: skip

    @property
    def kind(self) -> str:
        """The scheme without the name of a driver."""
        return self.scheme.partition("+")[0]

    def masked(self) -> str:
        """The address as it may be shown."""
        if not self.clear or self.kind not in _FILES | _SERVERS:
            return f"{self.scheme}://{_HIDDEN}" if self.scheme else _HIDDEN
        path = (
            "/".join(_word(word) for word in self.path.split("/"))
            if self.kind in _WEB
            else self.path
        )
        shown = "&".join(_option(option) for option in self.options.split("&") if option)
        return (
            f"{self.scheme}://{self._shown_login()}{self.hosts}{path}{'?' if shown else ''}{shown}"
        )

    def secrets(self) -> frozenset[str]:
        """The secrets in it, as written and as decoded."""
        user, _, password = (self.login or "").partition(":")
        pieces = [piece for piece in re.split("[@/?#]", password) if len(piece) > 1]
        values = [
            option.partition("=")[2]
            for option in self.options.split("&")
            if _option(option) != option
        ]
        known = self.kind in _FILES | _SERVERS
        found = {
            self.login or "",
            password,
            *pieces,
            *values,
            *(() if known else (user, self.hosts, self.path.strip("/"))),
        }
        public = {self.hosts, self.path.strip("/"), user} if known and password else set[str]()
        return frozenset(
            f for text in found if text for f in (text, unquote(text)) if f not in public
        )

    def spelled(self) -> str:
        """The same address with the login written so that every library reads it alike.

        Raises:
            ValueError: it can be read in several ways.
        """
        if not self.clear:
            raise ValueError(
                "characters like @ / ? # must be written as %40 %2F %3F %23 within its parts"
            )
        login = "" if self.login is None else f"{quote(self.login, safe=_PLAIN)}@"
        query = f"?{self.options}" if self.options else ""
        return f"{self.scheme}://{login}{self.hosts}{self.path}{query}"

    def check_ports(self) -> None:
        """Make sure that its ports can be.

        Raises:
            ValueError: one cannot.
        """
        hosts = [] if self.kind in _FILES else self.hosts.split(",")
        ports_given = [
            port
            for host in hosts
            if (
                port := host.rpartition("]")[2].rpartition(":")[2]
                if ":" in host.rpartition("]")[2]
                else ""
            )
        ]
        ports_given += re.findall(r"(?:^|&)port=([^&]*)", self.options)
        for port in (one for ports in ports_given for one in ports.split(",") if one):
            if not re.fullmatch("[0-9]+", port):
                if self.kind in _SERVERS:
                    raise ValueError(f"a port is a number between 1 and {_LAST_PORT}")
            elif not 1 <= int(port[:9]) <= _LAST_PORT:
                raise ValueError(f"a port is a number between 1 and {_LAST_PORT}, not {port[:9]}")

    def _shown_login(self) -> str:
        if self.login is None:
            return ""
        user, _, password = self.login.partition(":")
        return f"{user}:{_HIDDEN}@" if password and self.kind in _SERVERS else f"{_HIDDEN}@"


def masked(address: str) -> str:
    """*address* as it may be shown: without password, and without the value of any option that may
    be secret.
    """
    return ServiceAddress.parse(address).masked()


def _without_options(rest: str) -> tuple[str, str, bool]:
    """What stands before the question mark that options follow, the options, and whether there is
    no other way to read it.

    A password may hold a question mark: one behind which no options stand, or before which no host
    can, is a part of it.
    """
    for mark in re.finditer(r"\?", rest):
        base, options = rest[: mark.start()], rest[mark.end() :]
        if not options:
            return base, "", True
        if not _OPTIONS.fullmatch(options):
            continue
        hosts = base.rpartition("@")[2].partition("/")[0]
        if (
            "@" in base
            or "@" not in options
            or all(_HOSTS.fullmatch(host) for host in hosts.split(","))
        ):
            return base, options, True
    return rest, "", True


def _option(text: str) -> str:
    name, _, value = text.partition("=")
    shape = _COUNT if name in _COUNTS else _HARMLESS
    return text if name in _SHOWN and shape.fullmatch(value) else f"{name}={_HIDDEN}"


def _word(text: str) -> str:
    return text if len(text) < _LONGEST_WORD else _HIDDEN
