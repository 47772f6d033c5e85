"""The secrets that sign deliveries. They are made from the shop's own key whenever they are needed
and lie nowhere (ADR 0070).
"""

import base64
import hmac
from typing import Final

from commerce_core.webhooks.model import EndpointId

_PREFIX: Final = "whsec_"


class SigningSecrets:
    """Makes the secret of each endpoint.

    Args:
        key: the shop's; the same in all of its processes.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def secret_of(self, endpoint_id: EndpointId, generation: int) -> str:
        """The secret of an endpoint, as the rules of Standard Webhooks write it."""
        made = hmac.digest(self._key, f"webhook\0{endpoint_id}\0{generation}".encode(), "sha256")
        return _PREFIX + base64.b64encode(made).decode()
