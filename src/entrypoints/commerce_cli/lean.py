"""Loading a library without what it would load on the side."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

#: Where the container looks for handlers of others that it could fill. Nobody has it do so here.
_FRAMEWORKS: Final = ("fastapi.params", "starlette.requests", "werkzeug.local")


@contextmanager
def without_frameworks() -> Generator[None]:
    """Import as if the web frameworks were missing that the process has not loaded itself: where
    they are installed, loading them takes a sixth of a start.

    For the main thread of a process of our own: nobody else may import them meanwhile.
    """
    modules: dict[str, Any] = sys.modules
    left_out = [name for name in _FRAMEWORKS if name not in modules]
    modules.update(dict.fromkeys(left_out))
    try:
        yield
    finally:
        for name in left_out:
            del modules[name]
