"""Steps that a shop adds, each with the books of whoever it calls."""

from collections.abc import Callable

from commerce_core.checkout import (
    Accepted,
    OwnStep,
    StepOutcome,
    StepRequest,
    Undone,
    Unknown,
)


class FraudCheck(OwnStep):
    """Answers what it is told to; it has nothing to undo."""

    name = "fraud_check"

    def __init__(self, *answers: StepOutcome) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def do(self, request: StepRequest, /) -> StepOutcome:
        self.keys.append(request.key)
        script, self.meanwhile = self.meanwhile, lambda: None
        script()
        return self.answers.pop(0) if self.answers else Accepted({"score": 3})


class Gift(OwnStep):
    """Reserves a gift for an order, once by key; gives it back."""

    def __init__(self, name: str = "gift") -> None:
        self.name = name
        self.reserved: dict[str, str] = {}
        self.log: list[str] = []
        self.silent = 0

    def do(self, request: StepRequest, /) -> StepOutcome:
        self.log.append(f"do {request.key}")
        self.reserved.setdefault(request.order.id, request.key)
        return Accepted({"gift": "mug"})

    def undo(self, request: StepRequest, /) -> Undone | Unknown:
        self.log.append(f"undo {request.key}")
        if self.silent > 0:
            self.silent -= 1
            raise ConnectionError("no answer")
        self.reserved.pop(request.order.id, None)
        return Undone()
