"""Names of things. Ids are made by the application (UUIDv7 text, so that they sort by time), never
by the database.
"""

import re
import uuid
from abc import abstractmethod
from typing import Final, NewType, Protocol

AccountId = NewType("AccountId", str)
#: Whoever owns a cart: an account, or a guest known by the digest of a cart token.
BuyerId = NewType("BuyerId", str)
SellerId = NewType("SellerId", str)
ItemId = NewType("ItemId", str)
#: One sellable unit (a simple item, or one variant): what prices, stock and order lines refer to.
SkuId = NewType("SkuId", str)
ImportId = NewType("ImportId", str)
CartId = NewType("CartId", str)
OrderId = NewType("OrderId", str)
MessageId = NewType("MessageId", str)
JobId = NewType("JobId", str)
NotificationId = NewType("NotificationId", str)
ImageId = NewType("ImageId", str)

#: Characters of the longest id that a buyer or a seller may have.
LONGEST_USER_ID: Final = 64
_USER_ID: Final = re.compile(rf"[!-~]{{1,{LONGEST_USER_ID}}}")
_NAMESPACE: Final = uuid.UUID("6f1f3b52-6d0c-5c55-9d84-0d1c4a1a7a10")


class IdFactory(Protocol):
    """Where new ids come from."""

    @abstractmethod
    def new(self) -> str:
        """A fresh id: UUIDv7 (RFC 9562) as 36 characters of small letters and digits, never given
        out before. It sorts behind all that the same thread got before.
        """


def derived_id(*parts: str) -> str:
    """An id that is a pure function of *parts*, for facts that must collide when recorded twice
    (UUIDv5).
    """
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def is_derived(text: str) -> bool:
    """Whether *text* is an id that :func:`derived_id` made, or any other UUIDv5."""
    return is_id(text) and text[14] == "5"


def is_id(text: str) -> bool:
    """Whether *text* could be an id of ours, so that anything else is answered without asking the
    database.
    """
    return len(text) == 36 and not text.strip("0123456789abcdef-")


def is_ours(text: str) -> bool:
    """Whether *text* is an id that an :class:`IdFactory` made, or any other UUIDv7."""
    return is_id(text) and text[14] == "7"


class UnusableId(ValueError):
    """A buyer or a seller cannot be known by this id. The sentence does not repeat it."""


def check_user_id(value: object) -> None:
    """Let pass what a buyer or a seller may be known by.

    Raises:
        UnusableId: it is no text, empty, longer than 64 characters, or has other characters than
            visible ones of ASCII.
    """
    if not isinstance(value, str):
        raise UnusableId(f"a user's id is text, and this one is of type {type(value).__name__}")
    if not _USER_ID.fullmatch(value):
        raise UnusableId(
            f"a user's id has 1 to {LONGEST_USER_ID} letters, digits or signs of ASCII, no space; "
            f"this one has {len(value)} characters"
        )
