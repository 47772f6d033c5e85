"""Refusals of carts."""

from commerce_core.kernel.errors import Rejected


class TooManyLines(Rejected):
    """A cart holds at most 200 lines."""

    code = "too-many-lines"
