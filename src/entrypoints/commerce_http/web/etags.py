"""Entity tags: ``"<version>.<availability>"``, with ``-gzip`` at the end of a compressed answer's.

Changes compare the version alone, so that a sale does not spoil them.
"""

import re
from typing import Final

from commerce_http.web.compression import SUFFIX

_TAG: Final = re.compile(r'(?:W/)?"([^"]*)"')
_VERSION: Final = re.compile(r"([0-9]{1,18})(?:\.[0-9]{1,18})?(?:-gzip)?")


def etag_of(version: int, availability: int) -> str:
    """The tag of a thing of *version* that is as available as it is now."""
    return f'"{version}.{availability}"'


def versions_named(if_match: str) -> frozenset[int] | None:
    """The versions that an If-Match header names; ``None`` is ``*``: any. What is no tag of
    ours names no version.
    """
    if if_match.strip() == "*":
        return None
    found = [_VERSION.fullmatch(tag) for tag in _TAG.findall(if_match)]
    return frozenset(int(m[1]) for m in found if m)


def known_tag(if_none_match: str | None, etag: str) -> str | None:
    """The tag by which an If-None-Match header names *etag*, compressed or not; ``None``: it does
    not. ``*`` names anything.
    """
    if if_none_match is None:
        return None
    if if_none_match.strip() == "*":
        return etag
    plain, named = etag.strip('"'), _TAG.findall(if_none_match)
    return next((f'"{tag}"' for tag in (plain, plain + SUFFIX) if tag in named), None)
