"""What every refusal means, at the address that its ``type`` names."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, Final

from commerce_core.kernel.errors import CommerceError
from commerce_http.web.answers import Shape, link
from commerce_http.web.errors import DEFECT, RouteNotFound, status_of, title_of
from commerce_http.web.operations import Runs, operation


class ProblemType(Shape):
    """A kind of refusal: what it means, and what to do about it."""

    type: str
    code: str
    title: str
    status: int
    meaning: str
    what_to_do: str


class ProblemTypeList(Shape):
    """Every kind of refusal, by code."""

    problems: list[ProblemType]


_BY_STATUS: Final[Mapping[int, str]] = {
    400: "Correct the request: sent again as it is, it will be refused again.",
    401: "Log in (POST /sessions) and send the token: Authorization: Bearer <token>.",
    403: "Use an account with the role that the operation needs.",
    404: (
        "Check the address, and whose the thing is: what is somebody else's is answered in the "
        "same way."
    ),
    405: "Use one of the methods in the Allow header.",
    409: (
        "Read again what the request is about, and decide anew; the members of the problem say "
        "what has changed."
    ),
    412: "Read again, check what others have changed, and send the change with the new ETag.",
    413: "Send less at once.",
    415: "Send the body as the document says: its type, UTF-8, not compressed.",
    422: "Correct every field that errors[] names by its JSON pointer.",
    428: "Send If-Match with the ETag of the version that the change is meant for.",
    429: "Wait as long as Retry-After says.",
    500: "Try again later. If it stays, tell the shop's operator the requestId.",
    503: (
        "Send the same request again, with the "
        "same Idempotency-Key, after as long as Retry-After says."
    ),
}
_BY_CODE: Final[Mapping[str, str]] = {
    "amount-mismatch": "Show the buyer currentAmount; if they agree, check out again with it.",
    "bad-cursor": "Begin again with the first page: leave the cursor out.",
    "call-unknown": (
        "Read the order again (GET /ops/sagas/{orderId}), and decide when no call is under way."
    ),
    "cart-changed": (
        "Read the cart (GET /cart), show it to the buyer, and check out what they agree to."
    ),
    "cart-empty": "Put something into the cart first.",
    "cart-merged": "Check out the cart that cartId names.",
    "checkout-refused": (
        "Tell the buyer why, as detail says: the order as it is will be refused again."
    ),
    "cursor-expired": "Begin again with the first page: leave the cursor out.",
    "contradicted-by-books": ("Look at the gateway's books: what they show is what can be stated."),
    "dead-letter-not-found": "GET /ops/messages lists those that there are.",
    "decision-key-reused": "Use a new key for a new decision.",
    "email-taken": "Log in with this address, or register another.",
    "idempotency-key-required": "Send an Idempotency-Key of your own, new for each new wish.",
    "idempotency-key-reused": (
        "Use a new key for a new request; the old one answers for the first request alone."
    ),
    "item-unavailable": "Take the items that lines[] names out of the cart, and check out again.",
    "login-failed": "Check address and password.",
    "not-to-be-undone": (
        "GET /ops/sagas/{orderId} shows what the order waits for, if it waits for anything."
    ),
    "order-number-unavailable": (
        "Nobody was charged. Check out again in a moment, with the same Idempotency-Key: the order "
        "is given another number."
    ),
    "out-of-stock": (
        "Lower the quantities that lines[] names to what is available, and check out again."
    ),
    "payment-unavailable": (
        "Nobody was charged. Check out again in a moment, with the same Idempotency-Key."
    ),
    "sku-taken": "Change the item that has this SKU, or use another SKU.",
    "stock-short": "Take out no more than is on hand and free.",
    "order-not-completed": "Wait until the order is COMPLETED, and ask again.",
    "refund-key-reused": "Use a new key for a new refund.",
    "refund-too-large": "Ask for refundable at most.",
    "too-late-to-cancel": (
        "It is paid, over, or being undone already: GET /orders/{orderId} shows which."
    ),
    "variant-in-stock": (
        "Count the variants that variantIds names down to nothing (stock-receipts) first."
    ),
}


@operation("GET", "/problems", answer=ProblemTypeList, runs=Runs.KEY_READ, public=True)
def problem_types() -> ProblemTypeList:
    """Every code that a refusal may have."""
    return ProblemTypeList(
        problems=[_type_of(code, kind) for code, kind in sorted(_kinds().items())]
    )


@operation(
    "GET",
    "/problems/{code}",
    answer=ProblemType,
    problems=(RouteNotFound,),
    runs=Runs.KEY_READ,
    public=True,
)
def problem_type(code: str) -> ProblemType:
    """What a refusal's `type` names: what it means, and what to do."""
    kinds = _kinds()
    if code not in kinds:
        raise RouteNotFound("no refusal has this code")
    return _type_of(code, kinds[code])


def _kinds() -> dict[str, type[CommerceError] | None]:
    """What is raised with each code, parts that were plugged in included; a defect is no refusal of
    ours.
    """
    found: dict[str, type[CommerceError] | None] = {DEFECT: None}
    for kind in _every(CommerceError):
        found.setdefault(kind.code, kind)
    return found


def _every(kind: type[CommerceError]) -> Iterator[type[CommerceError]]:
    yield kind
    for further in kind.__subclasses__():
        yield from _every(further)


def problem_example(code: str, kind: type[CommerceError] | None) -> dict[str, Any]:
    """A refusal with nothing but what every one has."""
    problem = _type_of(code, kind)
    return {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.meaning,
        "code": code,
    }


def _type_of(code: str, kind: type[CommerceError] | None) -> ProblemType:
    status = 500 if kind is None else status_of(kind)
    doc = (
        "Something went wrong here; it was noted."
        if kind is None
        else (inspect.getdoc(kind) or "").replace("``", "`")
    )
    return ProblemType(
        type=link(f"/problems/{code}"),
        code=code,
        title=title_of(code),
        status=status,
        meaning=" ".join(doc.partition("\n\n")[0].split()) or f"{title_of(code)}.",
        what_to_do=_advice(code, kind) or _BY_STATUS[status],
    )


def _advice(code: str, kind: type[CommerceError] | None) -> str | None:
    """What to do about *code*, or about what its class derives from: a rule at checkout has a code
    that nobody here knows.
    """
    codes = [getattr(base, "code", "") for base in kind.__mro__] if kind else []
    return next((_BY_CODE[found] for found in (code, *codes) if found in _BY_CODE), None)
