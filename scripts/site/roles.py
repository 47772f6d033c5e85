"""Makes links in the reference of ``:meth:`place``` and the like in docstrings."""

import re
from functools import partial
from typing import Any, Final

from griffe import Extension, Module, NameResolutionError, Object

_ROLE: Final = re.compile(r":(?:attr|class|data|exc|func|meth|mod|obj):`~?([\w.]+)`")


class Roles(Extension):
    """Turns roles into cross-references. A name that its module does not know stays a mere name."""

    def on_package(self, *, pkg: Module, **_: Any) -> None:
        """Rewrite the docstrings of *pkg*, now that every name in it is known."""
        waiting: list[Object] = [pkg]
        while waiting:
            one = waiting.pop()
            waiting += [part for part in one.members.values() if isinstance(part, Object)]
            if (doc := one.docstring) is not None:
                doc.value = _ROLE.sub(partial(_linked, one), doc.value)


def _linked(where: Object, role: re.Match[str]) -> str:
    """What stands in the docstring of *where* in place of *role*."""
    name = role[1]
    shown = f"`{name.rpartition('.')[2]}`"
    if name.startswith("commerce_"):
        return f"[{shown}][{name}]"
    try:
        return f"[{shown}][{where.resolve(name)}]"
    except NameResolutionError:
        return shown
