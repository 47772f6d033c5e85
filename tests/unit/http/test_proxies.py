"""Whose word is taken for where a request comes from."""

import time
from ipaddress import ip_network
from typing import Any

import pytest

from commerce_http.web.proxies import NOBODY, TrustedProxies

OWN = TrustedProxies([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])


def scope(peer: str | None, scheme: str = "http", **headers: str | list[str]) -> dict[str, Any]:
    lines = [
        (n.replace("_", "-").encode(), v.encode())
        for n, vs in headers.items()
        for v in ([vs] if isinstance(vs, str) else vs)
    ]
    return {"client": (peer, 4711) if peer else None, "scheme": scheme, "headers": lines}


def test_nobody_is_believed_unless_a_setting_says_so() -> None:
    assert NOBODY.client_of(
        scope("127.0.0.1", x_forwarded_for="1.2.3.4", x_forwarded_proto="https")
    ) == (("127.0.0.1", 4711), "http")


def test_a_stranger_is_not_believed() -> None:
    sent = scope(
        "192.0.2.9",
        x_forwarded_for="1.2.3.4",
        x_forwarded_proto="https",
        forwarded="for=1.2.3.4;proto=https",
    )
    assert OWN.client_of(sent) == (("192.0.2.9", 4711), "http")


@pytest.mark.parametrize(
    ("headers", "client", "scheme"),
    [
        ({"x_forwarded_for": "1.2.3.4", "x_forwarded_proto": "https"}, "1.2.3.4", "https"),
        (
            {"x_forwarded_for": "6.6.6.6, 1.2.3.4, 10.0.0.7", "x_forwarded_proto": "https"},
            "1.2.3.4",
            "https",
        ),
        (
            {"x_forwarded_for": ["6.6.6.6", "1.2.3.4"], "x_forwarded_proto": "HTTPS"},
            "1.2.3.4",
            "https",
        ),
        (
            {"x_forwarded_for": "1.2.3.4, 10.0.0.7", "x_forwarded_proto": "https, http"},
            "1.2.3.4",
            "https",
        ),
        ({"x_forwarded_for": "1.2.3.4:5555"}, "1.2.3.4", "http"),
        ({"x_forwarded_for": "2001:db8::1"}, "2001:db8::1", "http"),
        ({"x_forwarded_for": "::ffff:1.2.3.4"}, "1.2.3.4", "http"),
        ({"x_forwarded_for": "10.0.0.7"}, "10.0.0.7", "http"),
        ({"x_forwarded_for": "1.2.3.4", "x_forwarded_proto": "gopher"}, "1.2.3.4", "http"),
        ({"x_forwarded_for": "1.2.3.4", "forwarded": "for=6.6.6.6;proto=https"}, "1.2.3.4", "http"),
        ({"x_forwarded_proto": "https"}, "10.0.0.1", "https"),
        ({"forwarded": "for=1.2.3.4;proto=https"}, "1.2.3.4", "https"),
        (
            {"forwarded": 'for=6.6.6.6, For="[2001:db8::1]:4711";PROTO="https";by=10.0.0.1'},
            "2001:db8::1",
            "https",
        ),
        ({"forwarded": "for=1.2.3.4;proto=https, for=10.0.0.7;proto=http"}, "1.2.3.4", "https"),
        ({"forwarded": "for=unknown;proto=https"}, "10.0.0.1", "https"),
        ({"forwarded": "for=_hidden"}, "10.0.0.1", "http"),
        ({"x_forwarded_for": "6.6.6.6, not an address"}, "10.0.0.1", "http"),
        ({"x_forwarded_for": ""}, "10.0.0.1", "http"),
        ({"forwarded": ';;,="\\'}, "10.0.0.1", "http"),
        ({}, "10.0.0.1", "http"),
    ],
)
def test_our_proxies_say_who_asks_by_what(
    headers: dict[str, Any], client: str, scheme: str
) -> None:
    peer, seen = OWN.client_of(scope("10.0.0.1", **headers))
    assert (peer[0], seen) == (client, scheme)


def test_a_chain_of_trusted_hops_has_an_end() -> None:
    sent = scope("10.0.0.1", x_forwarded_for=", ".join(["1.2.3.4", *["10.0.0.7"] * 30]))
    assert OWN.client_of(sent)[0][0] == "10.0.0.7"


def test_a_server_that_names_no_peer_is_nobody() -> None:
    assert OWN.client_of(scope(None, x_forwarded_for="1.2.3.4")) == (None, "http")


@pytest.mark.parametrize(
    "sent",
    [
        "a" * 100_000,
        'for="' + "\\a" * 50_000,
        "for=" + "=" * 100_000,
        "for=1.2.3.4," * 10_000,
        "a=" * 50_000,
    ],
)
@pytest.mark.parametrize("name", ["forwarded", "x_forwarded_for", "x_forwarded_proto"])
def test_what_a_client_sends_through_a_proxy_is_read_in_no_time_however_long(
    name: str, sent: str
) -> None:
    begun = time.process_time()
    OWN.client_of(scope("10.0.0.1", **{name: sent}))
    assert time.process_time() - begun < 0.1, "Forwarded took half a minute"
