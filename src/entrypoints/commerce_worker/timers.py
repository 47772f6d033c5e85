"""What is done every so often."""

from collections.abc import Callable
from datetime import datetime, timedelta

from commerce_core.kernel.clock import Clock


class Every:
    """Takes *step* at once, and again whenever *interval* has passed since it last found nothing
    more to do.

    As long as a step does something the next one follows at once. A step that fails is due again at
    once: the loop around it waits after errors.
    """

    def __init__(self, interval: timedelta, clock: Clock, step: Callable[[], int]) -> None:
        self._interval = interval
        self._clock = clock
        self._step = step
        self._due: datetime | None = None

    def __call__(self) -> int:
        """Take the step if it is due; how much it did, 0 if it is not due."""
        now = self._clock.now()
        # A clock may be set back.
        if self._due is not None and self._due - self._interval <= now < self._due:
            return 0
        done = self._step()
        if not done:
            self._due = now + self._interval
        return done


class Paced:
    """Takes *step* for up to *most* of what waits, and lets the loop around it wait whatever it
    did: so much at most in each of its turns.
    """

    def __init__(self, step: Callable[[int], int], most: int) -> None:
        self._step = step
        self._most = most

    def __call__(self) -> int:
        """Take the step; 0, as if there were no more."""
        self._step(self._most)
        return 0
