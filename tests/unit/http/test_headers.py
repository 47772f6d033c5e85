"""Entity tags, preferences, tokens and event numbers."""

import pytest

from commerce_core.accounts import Role
from commerce_http.auth import Admission, bearer_token, cart_cookie, cart_token, new_cart_token
from commerce_http.checkout import preferred_wait
from commerce_http.errors import Forbidden, Malformed, Unauthenticated
from commerce_http.etags import is_known, versions_named
from commerce_http.event_stream import entry_number


@pytest.mark.parametrize(
    ("tag", "versions"),
    [
        ('"3.17"', {3}),
        ('"3"', {3}),
        ('W/"3.17"', {3}),
        ('"3.1", W/"4"', {3, 4}),
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
    [(None, False), ("*", True), ('"3.1"', True), ('"2.1", W/"3.1"', True), ('"3"', False), ("3.1", False), ('"3.2"', False)],
)
def test_an_if_none_match_names_the_whole_tag(header: str | None, known: bool) -> None:
    assert is_known(header, '"3.1"') is known


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
    assert admission.admit(None, lambda _: Known()) is None
    with pytest.raises(Forbidden):
        admission.admit("bearer abc", lambda _: Known())


def test_a_cart_token_comes_from_the_header_or_else_the_cookie() -> None:
    one, two = new_cart_token(), new_cart_token()
    cookie = cart_cookie(two).split(";")[0]
    assert cart_token({"x-cart-token": one, "cookie": cookie}) == one
    assert cart_token({"cookie": f"a=b; {cookie}; c=d"}) == two
    assert cart_token({"cookie": "a=b"}) is None
    assert cart_token({}) is None


@pytest.mark.parametrize("token", ["", "short", "x" * 101, "with a blank in it, yes", "line\nbreak-line-break", "ä" * 20])
def test_a_cart_token_of_another_form_is_none(token: str) -> None:
    assert cart_token({"x-cart-token": token}) is None


def test_an_event_number_is_read_strictly() -> None:
    assert [entry_number(text) for text in (None, "0", "12")] == [0, 0, 12]
    for text in ("", "x", "-1", "+1", "1.0", "9" * 10, "²"):
        with pytest.raises(Malformed):
            entry_number(text)
