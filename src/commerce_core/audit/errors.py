"""Why a decision is not taken."""

from commerce_core.kernel.errors import Conflict, NotFound


class RequestReused(Conflict):
    """The idempotency key stands for another decision of this operator; nothing was done."""

    code = "decision-key-reused"


class LetterNotFound(NotFound):
    """There is no such dead letter: it was never one, or was decided over already."""

    code = "dead-letter-not-found"
