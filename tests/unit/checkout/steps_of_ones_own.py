"""Steps that a shop adds, each with the books of whoever it calls."""

from collections.abc import Callable

from commerce_core.checkout import (
    Accepted,
    OwnStep,
    Refused,
    StepOutcome,
    StepRequest,
    StepUnknown,
    Undone,
    Wait,
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
        self.given_back: set[str] = set()
        self.log: list[str] = []
        self.silent = 0

    def do(self, request: StepRequest, /) -> StepOutcome:
        self.log.append(f"do {request.key}")
        if request.order.id not in self.given_back:  # else it comes late
            self.reserved.setdefault(request.order.id, request.key)
        return Accepted({"gift": "mug"})

    def undo(self, request: StepRequest, /) -> Undone | StepUnknown:
        self.log.append(f"undo {request.key}")
        if self.silent > 0:
            self.silent -= 1
            raise ConnectionError("no answer")
        self.given_back.add(request.order.id)
        self.reserved.pop(request.order.id, None)
        return Undone()


class MoodyCheck(OwnStep):
    """Accepts, refuses or waits, by the order's number: the same for the same order."""

    name = "fraud_check"

    def do(self, request: StepRequest, /) -> StepOutcome:
        match int(request.order.id[-4:], 16) % 5:
            case 0:
                return Refused("no", "no")
            case 1:
                return Wait("somebody looks at it", for_person=True)
            case _:
                return Accepted({"score": 3})


class Points(OwnStep):
    """Notes points for an order, once by key."""

    name = "points"

    def __init__(self) -> None:
        self.given: dict[str, str] = {}

    def do(self, request: StepRequest, /) -> StepOutcome:
        self.given.setdefault(request.order.id, request.key)
        return Accepted({"points": 5})
