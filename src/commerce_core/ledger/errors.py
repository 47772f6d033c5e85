"""Refusals of the ledger."""

from commerce_core.kernel.errors import NotFound


class StrangerNotFound(NotFound):
    """No such line of a gateway's books is listed as one of no order of the shop's."""

    code = "stranger-not-found"
