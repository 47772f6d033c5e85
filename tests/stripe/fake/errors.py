"""Errors as Stripe answers them."""

from typing import Any


class ApiError(Exception):
    """An answer that is an error. *stored* says whether an idempotency key keeps it: what failed
    before the endpoint began to execute is not kept.
    """

    def __init__(
        self,
        status: int,
        type_: str,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        stored: bool = True,
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.stored = stored
        self.headers = headers or {}
        error = {"type": type_, "code": code, "message": message, "param": param, **more}
        if code:
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        self.error = {name: value for name, value in error.items() if value is not None}

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}


def invalid(
    message: str, *, code: str | None = None, param: str | None = None, **more: Any
) -> ApiError:
    """A request whose parameters are wrong: 400, not kept under the key."""
    return ApiError(
        400, "invalid_request_error", message, code=code, param=param, stored=False, **more
    )


def missing(kind: str, id: str, *, param: str, status: int = 404) -> ApiError:
    """No such object: 404 for the object of the path, 400 for one in a parameter."""
    message = f"No such {kind}: '{id}'"
    return ApiError(status, "invalid_request_error", message, code="resource_missing", param=param)


def unexpected_state(message: str, intent: dict[str, Any]) -> ApiError:
    return ApiError(
        400,
        "invalid_request_error",
        message,
        code="payment_intent_unexpected_state",
        payment_intent=intent,
    )


def unauthorized(message: str) -> ApiError:
    return ApiError(
        401,
        "invalid_request_error",
        message,
        stored=False,
        headers={"WWW-Authenticate": 'Basic realm="Stripe"'},
    )


def server_error() -> ApiError:
    message = "An unknown error occurred on our side. Please retry with the same idempotency key."
    return ApiError(500, "api_error", message)


def unavailable() -> ApiError:
    return ApiError(503, "api_error", "The service is unavailable right now.", stored=False)


def rate_limited(seconds: int) -> ApiError:
    return ApiError(
        429,
        "invalid_request_error",
        "Request rate limit exceeded. You can learn more about rate limits here "
        "https://stripe.com/docs/rate-limits.",
        code="rate_limit",
        stored=False,
        headers={"Retry-After": str(seconds), "Stripe-Rate-Limited-Reason": "global-rate"},
    )


def lock_timeout(status: int) -> ApiError:
    return ApiError(
        status,
        "invalid_request_error",
        "This object cannot be accessed right now because another API request or Stripe process "
        "is currently accessing it. If you see this error intermittently, retry the request.",
        code="lock_timeout",
        stored=False,
        headers={"Stripe-Should-Retry": "true"},
    )


def key_in_use(key: str) -> ApiError:
    return ApiError(
        409,
        "idempotency_error",
        "There is currently another in-progress request using this Idempotent Key (that probably "
        "means you submitted twice, and the other request is still going through): "
        f"{key}. Please try again later.",
        code="idempotency_key_in_use",
        stored=False,
        headers={"Stripe-Should-Retry": "true"},
    )


def other_parameters(key: str) -> ApiError:
    return ApiError(
        400,
        "idempotency_error",
        "Keys for idempotent requests can only be used with the same parameters they were first "
        f"used with. Try using a key other than '{key}' if you meant to execute a different "
        "request.",
        stored=False,
    )
