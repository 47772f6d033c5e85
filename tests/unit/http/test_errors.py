"""Refusals as problem details."""

import json

import pytest

from commerce_core.accounts import TooManyAttempts
from commerce_core.checkout import AmountMismatch, CartMerged, OutOfStock
from commerce_core.kernel.errors import CommerceError, Conflict, FieldProblem, Invalid, StaleVersion
from commerce_core.kernel.ids import CartId
from commerce_core.kernel.money import Money
from commerce_core.kernel.paging import BadCursor, CursorExpired
from commerce_core.payment import PaymentUnavailable
from commerce_http.main import OPERATIONS
from commerce_http.web import errors
from commerce_http.web.errors import problem_of, status_of, without_cards
from commerce_http.web.openapi import problems_of

EXPECTED = {
    BadCursor: 400, CursorExpired: 400, errors.Malformed: 400, errors.Unauthenticated: 401,
    errors.Forbidden: 403, errors.RouteNotFound: 404,
    errors.MethodNotAllowed: 405, OutOfStock: 409, AmountMismatch: 409, CartMerged: 409,
    StaleVersion: 412, errors.TooLarge: 413,
    errors.UnsupportedMediaType: 415, Invalid: 422, errors.IfMatchRequired: 428,
    TooManyAttempts: 429, PaymentUnavailable: 503,
}  # fmt: skip


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_refusal_has_its_status(kind: type[CommerceError]) -> None:
    assert status_of(kind) == EXPECTED[kind]


def test_no_operation_declares_a_refusal_without_a_status() -> None:
    assert {status_of(kind) for operation in OPERATIONS for kind in problems_of(operation)} <= set(
        EXPECTED.values()
    )


def test_a_problem_says_what_a_client_needs() -> None:
    found = problem_of(AmountMismatch(Money(1, "USD"), Money(2, "USD")))
    assert (found.status, dict(found.headers)[b"content-type"]) == (
        409,
        b"application/problem+json",
    )
    problem = json.loads(found.body)
    assert (problem["type"], problem["title"], problem["status"], problem["code"]) == (
        "/problems/amount-mismatch",
        "Amount mismatch",
        409,
        "amount-mismatch",
    )
    assert problem["currentAmount"] == {"amount": "0.02", "currency": "USD"}
    assert json.loads(problem_of(CartMerged(CartId("c"))).body)["cartId"] == "c"


def test_every_wrong_field_has_its_pointer() -> None:
    problem = json.loads(
        problem_of(
            Invalid([FieldProblem("/a", "is required"), FieldProblem("/b/0", "must be text")])
        ).body
    )
    assert problem["errors"] == [
        {"pointer": "/a", "detail": "is required"},
        {"pointer": "/b/0", "detail": "must be text"},
    ]


@pytest.mark.parametrize(
    ("error", "seconds"), [(TooManyAttempts(77), b"77"), (PaymentUnavailable("down"), b"5")]
)
def test_what_may_be_tried_later_says_when(error: CommerceError, seconds: bytes) -> None:
    assert dict(problem_of(error).headers)[b"retry-after"] == seconds


def test_an_unknown_kind_of_conflict_is_still_409() -> None:
    class New(Conflict):
        code = "new"

    assert problem_of(New("x")).status == 409


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("/4242424242424242", "/…"),
        ("/a/4242 4242 4242 4242 is", "/a/… is"),
        ("378282246310005", "…"),
        ("/4006381333931", "/4006381333931"),
        ("/lines/12", "/lines/12"),
        ("4242424242424241", "4242424242424241"),
        ("/7 4242424242424242 1", "/…"),
        ("/12-4242-4242-4242-4242", "/12-…"),
    ],
)
def test_33_a_card_number_is_not_told_back(text: str, clean: str) -> None:
    assert without_cards(text) == clean
