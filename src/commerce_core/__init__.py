"""Commerce Core: a shop's entities, ports and services, and the order saga. Free of frameworks and
of I/O.
"""

import logging

__version__: str

# Whoever wants lines of the log configures logging; nobody else gets them on standard error.
logging.getLogger("commerce").addHandler(logging.NullHandler())


def __getattr__(name: str) -> str:
    if name == "__version__":  # read from what is installed when somebody wants to know it
        from importlib.metadata import version

        return version("commerce-core")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
