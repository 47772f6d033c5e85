"""Where the cluster is and how it is spoken to, from one address."""

import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import attrs

from commerce_core.plugins import options

#: Several hosts are no address to the library, and newer ones refuse the brackets of an IPv6 host
#: among them.
_ADDRESS: Final = re.compile(
    r"opensearch(?P<tls>s?)://((?P<login>[^/?#]*)@)?(?P<hosts>[^/?#@]*)"
    r"(/(?P<prefix>[^?#]*))?([?#].*)?"
)
_PORT: Final = 9200
_PREFIX: Final = re.compile("[a-z0-9][a-z0-9_.-]{0,99}")
_KNOWN: Final = frozenset({"ca", "refresh", "synonyms"})


@attrs.frozen(kw_only=True)
class Address:
    """``opensearch://user:password@host1:9200,host2:9200/prefix?…``; ``opensearchs`` speaks TLS.

    ``prefix`` begins the name of everything that this shop keeps there. Options: ``ca`` (a file of
    certificates to trust in place of the system's), ``synonyms`` (a file), ``refresh``
    (milliseconds until a write is found).
    """

    hosts: tuple[tuple[str, int], ...]
    tls: bool = False
    login: tuple[str, str] | None = attrs.field(default=None, repr=False)
    prefix: str = "commerce"
    ca: Path | None = None
    synonyms: Path | None = None
    refresh_ms: int = 200

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read *url*.

        Raises:
            ValueError: it is no such address. The error does not repeat what may be a password.
        """
        parts = _ADDRESS.fullmatch(url)
        if parts is None:
            raise ValueError(
                "OpenSearch's address is opensearch://host, or opensearchs://host for TLS"
            )
        given = options(url)
        if unknown := sorted(given.keys() - _KNOWN):
            raise ValueError(f"{unknown[0]} is no option of OpenSearch's address")
        return cls(
            hosts=tuple(_host(text) for text in parts["hosts"].split(",")),
            tls=bool(parts["tls"]),
            login=_login(parts["login"] or ""),
            prefix=_prefix(parts["prefix"] or ""),
            ca=Path(given["ca"]) if "ca" in given else None,
            synonyms=Path(given["synonyms"]) if "synonyms" in given else None,
            refresh_ms=_milliseconds(given.get("refresh", "200")),
        )


def _host(text: str) -> tuple[str, int]:
    one = urlsplit(f"//{text}")
    if not one.hostname or one.path:
        raise ValueError("OpenSearch's address needs a host, or several with commas between them")
    return one.hostname, one.port or _PORT


def _login(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    user, _, password = text.partition(":")
    return unquote(user), unquote(password)


def _prefix(path: str) -> str:
    prefix = path.strip("/") or "commerce"
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(
            "the path of OpenSearch's address is a prefix of small letters, digits and hyphens"
        )
    return prefix


def _milliseconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 60_000:
        raise ValueError("refresh is a number of milliseconds from 1 to 60000")
    return int(text)
