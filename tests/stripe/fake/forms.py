"""Form-encoded requests with nested keys: ``metadata[order]=1``, ``expand[]=a``, ``list[0]=a``."""

import re
from typing import Any
from urllib.parse import parse_qsl

from .errors import invalid

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
_PART = re.compile(r"\[([^\[\]]*)\]")
_FIELDS, _DEPTH = 1000, 8


def decode(text: str) -> dict[str, Any]:
    """The fields of a body or query as nested dicts and lists of strings."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        raise invalid("Invalid request: the form cannot be read.") from None
    tree: dict[str, Any] = {}
    for name, value in pairs:
        match = _KEY.match(name)
        if match is None:
            raise invalid(f"Invalid request: the key {name[:80]} cannot be read.", param=name[:80])
        parts = [match[1], *_PART.findall(match[2])]
        if len(parts) > _DEPTH:
            raise invalid("Invalid request: keys are nested too deep.", param=match[1])
        _put(tree, parts, value)
    return {name: _listed(value) for name, value in tree.items()}


def _put(tree: dict[str, Any], parts: list[str], value: str) -> None:
    for part in parts[:-1]:
        below = tree.setdefault(part, {})
        if not isinstance(below, dict):
            raise invalid(f"Invalid request: {part} is given twice.", param=parts[0])
        tree = below
    last = parts[-1]
    tree[str(len(tree)) if last == "" else last] = value


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    below = {name: _listed(each) for name, each in value.items()}
    return list(below.values()) if below and all(name.isdigit() for name in below) else below
