"""Which fields of what a client sent are wrong, by their JSON pointers."""

from typing import Final

from commerce_core.kernel.errors import LONGEST_POINTER
from commerce_core.kernel.money import InvalidMoney

_LONGEST_STEP: Final = 200


def below(pointer: str, step: str) -> str:
    """The pointer of *step* within what *pointer* names. A client may have made both as long as the
    body: neither is shown beyond a bound.
    """
    shown = step if len(step) <= _LONGEST_STEP else f"{step[:_LONGEST_STEP]}\N{HORIZONTAL ELLIPSIS}"
    return f"{pointer[:LONGEST_POINTER]}/{escape_pointer(shown)}"


def escape_pointer(step: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return step.replace("~", "~0").replace("/", "~1")


def sentence_of(error: BaseException) -> str:
    """What is wrong, in words for the sender of the value."""
    if isinstance(error, KeyError):
        return "is required"
    if isinstance(error, InvalidMoney):
        return error.detail
    if isinstance(error, ValueError) and error.args and isinstance(error.args[0], str):
        return error.args[0]
    return "has a wrong value"
