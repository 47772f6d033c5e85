"""Entity tags, preferences, tokens and event numbers."""

import secrets
import time

import pytest

from commerce_core.accounts import Role
from commerce_core.cart.service import GuestTokens
from commerce_http.checkout import preferred_wait
from commerce_http.orders.stream import entry_number
from commerce_http.web.auth import Admission, bearer_token, cart_cookie, cart_token
from commerce_http.web.errors import Forbidden, Malformed, Unauthenticated
from commerce_http.web.etags import known_tag, versions_named


@pytest.mark.parametrize(
    ("tag", "versions"),
    [
        ('"3.17"', {3}),
        ('"3"', {3}),
        ('W/"3.17"', {3}),
        ('"3.1", W/"4"', {3, 4}),
        ('"3.17-gzip"', {3}),
        ('W/"3-gzip"', {3}),
        ('"3.17-br"', set()),
        ("3", set()),
        ('"x"', set()),
        ('"3.17.1"', set()),
        ('"-3"', set()),
        ('""', set()),
        ('"٣"', set()),
    ],
)
def test_an_if_match_names_versions(tag: str, versions: set[int]) -> None:
    assert versions_named(tag) == versions


def test_a_star_names_any_version() -> None:
    assert versions_named(" * ") is None


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (None, None),
        ("*", '"3.1"'),
        ('"3.1"', '"3.1"'),
        ('"2.1", W/"3.1"', '"3.1"'),
        ('"3.1-gzip"', '"3.1-gzip"'),
        ('W/"3.1-gzip"', '"3.1-gzip"'),
        ('"3"', None),
        ("3.1", None),
        ('"3.2"', None),
        ('"3.2-gzip"', None),
    ],
)
def test_an_if_none_match_names_the_whole_tag_and_is_answered_with_it(
    header: str | None, known: str | None
) -> None:
    assert known_tag(header, '"3.1"') == known


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, None),
        ("wait=5", 5),
        ("wait=60", 10),
        ("wait=0", 0),
        ("respond-async, wait=3", 3),
        ("respond-async;wait=3", 3),
        ('Wait = "4"', 4),
        ("wait", None),
        ("wait=", None),
        ("wait=-1", None),
        ("wait=1.5", None),
        ("await=5", None),
        ("wait=99999999999", None),
    ],
)
def test_a_preferred_wait_is_ten_seconds_at_most(prefer: str | None, seconds: int | None) -> None:
    assert preferred_wait(prefer) == seconds


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic abc", "token"])
def test_without_a_bearer_token_nobody_is_known(header: str | None) -> None:
    with pytest.raises(Unauthenticated):
        bearer_token(header)


def test_a_guest_who_shows_a_token_is_looked_up() -> None:
    class Known:
        role = Role.SELLER

    admission = Admission(frozenset({Role.BUYER}), guests=True)
    assert admission.token(None) is None
    with pytest.raises(Forbidden):
        admission.admit(admission.token("bearer abc") or "", lambda _: Known())


class Secrets:
    def new(self) -> str:
        return secrets.token_urlsafe(32)


GUESTS = GuestTokens("key", Secrets())


def test_a_cart_token_comes_from_the_header_or_else_the_cookie() -> None:
    one, two = GUESTS.new(), GUESTS.new()
    cookie = cart_cookie(two).split(";")[0]
    assert cart_token({"x-cart-token": one, "cookie": cookie}, GUESTS) == one
    assert cart_token({"cookie": f"a=b; {cookie}; c=d"}, GUESTS) == two
    assert cart_token({"x-cart-token": "made-up-by-somebody-else", "cookie": cookie}, GUESTS) == two
    assert cart_token({"cookie": "a=b"}, GUESTS) is None
    assert cart_token({}, GUESTS) is None


@pytest.mark.parametrize(
    "value",
    ['"' + "\\a" * 60_000 + '"', "\\" * 120_000, '"' * 120_000, " " * 120_000, "a=b;" * 30_000],
)
def test_a_jar_full_of_anything_is_looked_through_at_once(value: str) -> None:
    begun = time.process_time()
    assert cart_token({"cookie": f"cart_token={value}"}, GUESTS) is None
    assert time.process_time() - begun < 0.1, (
        "a reader that looks again at what it looked at takes seconds"
    )


def test_a_cookie_of_somebody_else_s_that_no_rule_allows_does_not_hide_the_cart_s() -> None:
    token = GUESTS.new()
    for jar in (
        f"a[b]=1; cart_token={token}",
        f'x="; cart_token="{token}"',
        f"\u00e9={{}}; cart_token={token}",
        f"cart_token=; cart_token={token}",
    ):
        assert cart_token({"cookie": jar}, GUESTS) == token


def test_a_cart_token_that_we_did_not_make_is_none() -> None:
    ours, theirs = GUESTS.new(), GuestTokens("another key", Secrets()).new()
    secret, _, signature = ours.rpartition(".")
    for made_up in (
        theirs,
        secret,
        f"{secret}.",
        f".{signature}",
        f"x{ours}",
        f"{ours}x",
        f"{secret}.{signature.upper()}",
        "x" * 43,
        f"{secret}.{'0' * 32}",
    ):
        assert cart_token({"x-cart-token": made_up}, GUESTS) is None
        assert cart_token({"cookie": f"cart_token={made_up}"}, GUESTS) is None
    assert cart_token({"x-cart-token": ours}, GuestTokens("key", Secrets())) == ours


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 101, "with a blank in it, yes", "line\nbreak-line-break", "ä" * 20]
)
def test_a_cart_token_of_another_form_is_none(token: str) -> None:
    assert cart_token({"x-cart-token": token}, GUESTS) is None


def test_an_event_number_is_read_strictly() -> None:
    assert [entry_number(text) for text in (None, "0", "12")] == [0, 0, 12]
    for text in ("", "x", "-1", "+1", "1.0", "9" * 10, "²"):
        with pytest.raises(Malformed):
            entry_number(text)
