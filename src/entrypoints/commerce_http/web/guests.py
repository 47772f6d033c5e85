"""Guests who begin a cart: so many of one origin in a minute."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from commerce_core.accounts import Origin
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.operations import Runs

#: Tokens that are remembered; a guest who was forgotten counts as one more.
_REMEMBERED: Final = 20_000


class Guests:
    """Knows guests by their tokens, so that each is counted once. Lives on the event loop.

    Args:
        admit: counts one more guest of an origin, or refuses.
        executor: where that is done.
    """

    def __init__(self, admit: Callable[[Origin], None], executor: BlockingExecutor) -> None:
        self._admit = admit
        self._executor = executor
        self._known: OrderedDict[str, None] = OrderedDict()

    async def admit(self, token: str, origin: Origin) -> None:
        """Let a guest change a cart.

        Raises:
            TooManyRequests: the guest is new, and too many others of this origin are.
        """
        if token not in self._known:
            await self._executor.do(Runs.WORK, self._admit, origin)
            if len(self._known) >= _REMEMBERED:
                self._known.popitem(last=False)
        self._known[token] = None
        self._known.move_to_end(token)
