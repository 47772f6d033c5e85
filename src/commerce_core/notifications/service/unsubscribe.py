"""Links that end messages of one kind without a log-in."""

import base64
import binascii
import hmac
from typing import Final

from commerce_core.notifications.errors import UnknownUnsubscribeLink
from commerce_core.notifications.model import Kind

_LONGEST: Final = 200


class UnsubscribeLinks:
    """Makes and reads the signed part of a link: whose messages, and of which kind. It opens
    nothing else.

    Args:
        key: signs it; the same in all processes of a shop.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def token(self, person: str, kind: Kind) -> str:
        """What stands in the link."""
        text = base64.urlsafe_b64encode(f"{kind}\n{person}".encode()).rstrip(b"=").decode()
        return f"{text}.{self._signature(text)}"

    def read(self, token: str) -> tuple[str, Kind]:
        """Person and kind.

        Raises:
            UnknownUnsubscribeLink: it was not made here.
        """
        text, _, signature = token.rpartition(".")
        if (
            len(token) > _LONGEST
            or not token.isascii()
            or not hmac.compare_digest(signature, self._signature(text))
        ):
            raise UnknownUnsubscribeLink("this link is not one of ours, or not whole")
        try:
            kind, _, person = (
                base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition("\n")
            )
            return person, Kind(kind)
        except (binascii.Error, ValueError) as error:
            raise UnknownUnsubscribeLink("this link is not one of ours, or not whole") from error

    def _signature(self, text: str) -> str:
        return hmac.digest(self._key, f"unsubscribe {text}".encode(), "sha256")[:16].hex()
