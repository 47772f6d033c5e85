"""Waiting for what is done beside: by the process that serves, or by this one when none does."""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from commerce_worker.main import ITEM_ROLES, working

if TYPE_CHECKING:
    from commerce_bootstrap.shop import Shop

_POLL_EVERY = 0.1

#: Waits until the function that it is given answers yes.
Wait = Callable[[Callable[[], bool]], None]


@contextmanager
def waiting(shop: "Shop") -> "Generator[Wait]":
    """A way to wait for jobs about items.

    The index has one process that writes it. As long as that is another one, it also takes in files
    and rebuilds the index; else, or as soon as it is gone, this one does.
    """
    with ExitStack() as stack:
        works = False

        def wait(done: Callable[[], bool]) -> None:
            nonlocal works
            while not done():
                if not works and shop.index.claim_writing():
                    stack.enter_context(working(shop, ITEM_ROLES))
                    works = True
                shop.work.wait(shop.work.count(), _POLL_EVERY)

        yield wait
