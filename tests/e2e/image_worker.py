"""A worker of pictures that kills itself at a point of a picture's way: ``python image_worker.py
POINT NTH``, with the shop's settings in its environment. It ends by itself when nothing waits.

A point is a call of the store or of the repository, before or after it (``before put``, ``after
save``); it is the NTH time that counts. The point ``never`` lets it live. Nothing of the shop
itself knows of this.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import load_settings
from commerce_core.images.service import process
from commerce_media.folder import FolderStore
from commerce_media.processor import PillowProcessor
from commerce_sqlalchemy.images import SqlImageRepository

#: Where a picture may be left behind.
WATCHED: tuple[tuple[type, str], ...] = (
    (SqlImageRepository, "claim"),
    (SqlImageRepository, "save"),
    (SqlImageRepository, "drop"),
    (PillowProcessor, "make"),
    (FolderStore, "get"),
    (FolderStore, "put"),
    (FolderStore, "delete"),
)


def watch(point: str, nth: int) -> None:
    """Have the process die, as by a power cut, the *nth* time that *point* is reached."""
    left = [nth]

    def reach(reached: str) -> None:
        if reached == point:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def watched(method: Callable[..., Any], name: str) -> Callable[..., Any]:
        @wraps(method)
        def call(*arguments: Any, **named: Any) -> Any:
            reach(f"before {name}")
            answer = method(*arguments, **named)
            reach(f"after {name}")
            return answer

        return call

    for owner, name in WATCHED:
        setattr(owner, name, watched(getattr(owner, name), name))


if __name__ == "__main__":
    # Whoever died is waited for as long as a saga's lease is in such tests.
    process._LEASE = timedelta(seconds=1)  # type: ignore[misc]
    process.KEPT_AFTER_DELETION = timedelta()  # type: ignore[misc]
    watch(sys.argv[1], int(sys.argv[2]))
    with build_shop(load_settings(os.environ)) as shop:
        while sum(shop.image_processing.waiting().values()):
            shop.image_processing.run_once()
        shop.image_processing.forget(100)
