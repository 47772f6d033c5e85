"""Entity tags of items: ``"<version>.<availability>"``. Changes compare the version alone, so that a sale does not spoil them."""

import re
from typing import Final

from commerce_core.catalog import ItemView

_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')
_VERSION: Final = re.compile(r"([0-9]{1,18})(?:\.[0-9]{1,18})?")


def item_etag(view: ItemView) -> str:
    """The tag of an item as it is now: it covers the item and whether its forms can be had."""
    return f'"{view.item.version}.{view.document_version - view.item.version}"'


def versions_named(if_match: str) -> frozenset[int] | None:
    """The item versions that an If-Match header names; ``None`` is ``*``: any. What is no tag of ours names no version."""
    if if_match.strip() == "*":
        return None
    found = [_VERSION.fullmatch(tag) for tag in _TAG.findall(if_match)]
    return frozenset(int(m[1]) for m in found if m)


def is_known(if_none_match: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names *etag*, or anything (``*``)."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag.strip('"') in _TAG.findall(if_none_match)
