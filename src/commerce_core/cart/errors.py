"""Refusals of carts."""

from commerce_core.kernel.errors import Rejected


class TooManyLines(Rejected):
    """A cart holds at most 1,000 lines."""

    code = "too-many-lines"


class TotalTooLarge(Rejected):
    """The cart would come to more than an order can."""

    code = "total-too-large"
