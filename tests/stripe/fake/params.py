"""Parameters of requests: read, bounded, refused in Stripe's words."""

from typing import Any

from .errors import invalid

Params = dict[str, Any]


def names(text: str) -> frozenset[str]:
    """The words of a text, to look names up in."""
    return frozenset(text.split())


INTENT = names(
    "amount currency automatic_payment_methods confirm confirmation_method capture_method customer "
    "description metadata off_session payment_method payment_method_data payment_method_options "
    "payment_method_types receipt_email return_url setup_future_usage shipping "
    "statement_descriptor statement_descriptor_suffix transfer_data transfer_group use_stripe_sdk "
    "error_on_requires_action expand amount_details payment_details excluded_payment_method_types "
    "mandate mandate_data on_behalf_of application_fee_amount radar_options"
)
CONFIRM = INTENT - {"amount", "currency", "confirm", "metadata", "description", "customer"}
LIST = names("created limit starting_after ending_before expand")


def only(params: Params, known: frozenset[str]) -> None:
    """Refuse what the endpoint does not know."""
    for name in params:
        if name not in known:
            raise invalid(
                f"Received unknown parameter: {name}", code="parameter_unknown", param=name
            )


def text(params: Params, name: str, *, most: int = 5000) -> str | None:
    value = params.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise invalid(f"Invalid string: {name}", param=name)
    if len(value) > most:
        raise invalid(f"Invalid string: {name} is longer than {most} characters.", param=name)
    return value


def required(params: Params, name: str) -> str:
    value = text(params, name)
    if value is None:
        raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return value


def integer(params: Params, name: str, *, least: int | None = None) -> int | None:
    value = params.get(name)
    if value is None or value == "":
        return None
    sign, digits = (-1, value[1:]) if str(value).startswith("-") else (1, str(value))
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
        message = f"Invalid integer: {str(value)[:40]}"
        raise invalid(message, code="parameter_invalid_integer", param=name)
    number = sign * int(digits)
    if least is not None and number < least:
        message = f"This value must be greater than or equal to {least}."
        raise invalid(message, code="parameter_invalid_integer", param=name)
    return number


def boolean(params: Params, name: str) -> bool:
    value = params.get(name)
    if value in {None, "", "false"}:
        return False
    if value == "true":
        return True
    raise invalid(f"Invalid boolean: {str(value)[:40]}", param=name)


def choice(params: Params, name: str, allowed: tuple[str, ...]) -> str | None:
    value = text(params, name)
    if value is not None and value not in allowed:
        *most, last = allowed
        one_of = f"{', '.join(most)} or {last}" if most else last
        raise invalid(f"Invalid {name}: must be one of {one_of}", param=name)
    return value


def table(params: Params, name: str) -> dict[str, Any]:
    value = params.get(name)
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise invalid("Invalid object", param=name)
    return value


def strings(params: Params, name: str) -> list[str]:
    value = params.get(name)
    if value is None or value == "":
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise invalid("Invalid array", param=name)
    return value


def metadata(params: Params) -> dict[str, str]:
    """At most 50 keys of 40 characters with values of 500."""
    pairs = table(params, "metadata")
    if len(pairs) > 50:
        raise invalid("Metadata can have up to 50 keys.", param="metadata")
    for key, value in pairs.items():
        if len(key) > 40:
            raise invalid("Metadata keys can have up to 40 characters.", param="metadata")
        if not isinstance(value, str) or len(value) > 500:
            raise invalid("Metadata values can have up to 500 characters.", param="metadata")
    return {key: value for key, value in pairs.items() if value != ""}
