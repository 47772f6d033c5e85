"""Where webhooks are sent to, as the settings say."""

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from commerce_bootstrap.settings import Settings
from commerce_core.webhooks import Answer, Post, Receivers

if TYPE_CHECKING:
    from commerce_webhooks import HttpReceivers


class LateReceivers(Receivers):
    """Receivers whose libraries are loaded when the first one is needed: most processes of a shop
    send nothing.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = threading.Lock()
        self._opened: HttpReceivers | None = None

    def check(self, url: str) -> None:
        self._receivers().check(url)

    def post(self, post: Post) -> "Future[Answer]":
        return self._receivers().post(post)

    def close(self) -> None:
        """Give up what is under way. Idempotent."""
        with self._opening:
            opened = self._opened
        if opened is not None:
            opened.close()

    def _receivers(self) -> "HttpReceivers":
        with self._opening:
            if self._opened is None:
                from commerce_webhooks import HttpReceivers

                self._opened = HttpReceivers(
                    http=self._settings.webhook_targets != "https",
                    private=self._settings.webhook_targets == "any",
                )
            return self._opened


def build_receivers(settings: Settings) -> Receivers:
    """Where webhooks are sent to."""
    return LateReceivers(settings)
