"""Asking a part how it is, without waiting for one that never answers."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from commerce_bootstrap.database import reason
from commerce_core.kernel.errors import CommerceError, Unavailable

T = TypeVar("T")

_LOG: Final = logging.getLogger(__name__)

#: Seconds that a part has to say how it is. Who asks for health or figures waits longer than that.
PATIENCE: Final = 2.0


class Late(Unavailable):
    """A part has not answered in time."""

    code = "late"


class InTime(Generic[T]):
    """Has *question* answered on a thread of its own and waits *seconds* at most; what is still
    being answered is not asked again.

    A server that is frozen, and not gone, keeps whoever asks it for ever.
    """

    def __init__(self, question: Callable[[], T], seconds: float = PATIENCE) -> None:
        self._question = question
        self._seconds = seconds
        self._asking = threading.Lock()
        self._under_way: Future[T] | None = None

    def __call__(self) -> T:
        """The answer.

        Raises:
            Late: there is none yet.
            Exception: what the question raised.
        """
        with self._asking:
            if self._under_way is None or self._under_way.done():
                self._under_way = Future()
                threading.Thread(
                    target=self._answer, args=(self._under_way,), name="asking", daemon=True
                ).start()
            answer = self._under_way
        try:
            return answer.result(self._seconds)
        except TimeoutError as error:
            raise Late(f"it has not answered for {self._seconds:g} s") from error

    def _answer(self, answer: "Future[T]") -> None:
        try:
            answer.set_result(self._question())
        except BaseException as error:  # noqa: BLE001 (raised where somebody waits)
            answer.set_exception(error)


def wrong_with(part: str, question: Callable[[], object]) -> Callable[[], str | None]:
    """A check: what keeps *question* from being answered in time; ``None``: nothing.

    The words, which may name hosts and users, are for the log, which is told whenever they change.
    """
    in_time = InTime(question)
    last: str | None = None

    def wrong() -> str | None:
        try:
            in_time()
        except CommerceError as error:
            return error.detail
        except SQLAlchemyError as error:
            return reason(error)
        return None

    def check() -> str | None:
        nonlocal last
        found = wrong()
        if found != last:
            last = found
            _LOG.warning("%s is %s", part, f"down: {found}" if found else "up again")
        return found

    return check
