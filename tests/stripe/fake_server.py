"""Start and stop Stripe's fake as a process of its own, and steer it."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_ROOT: Final = Path(__file__).parents[2]
_DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class StripeFake:
    """A running fake: its address, the keys it knows, and its orders."""

    url: str
    pid: int
    key: str = "sk_test_shop"
    account: str = "acct_3Shop"
    live_key: str = "sk_live_shop"
    other_key: str = "sk_test_other"
    other_account: str = "acct_3Other"

    def order(self, path: str, **given: Any) -> Any:
        """Give an order (``order("next", kind="lost_after")``); its answer.

        Raises:
            ValueError: the fake refused it.
        """
        return self._call(path, json.dumps(given).encode())

    def read(self, path: str) -> Any:
        """What the fake tells: ``books``, ``calls``, ``faults``, ``webhooks``."""
        return self._call(path, None)

    def books(self, *, live: bool = False) -> Any:
        """The truth about the shop's account: ``intents`` and ``totals``."""
        for account in self.read("books")["accounts"]:
            if (account["account"], account["livemode"]) == (self.account, live):
                return account
        raise LookupError(self.account)

    def _call(self, path: str, body: bytes | None) -> Any:
        request = urllib.request.Request(f"{self.url}/_fake/{path}", body)
        try:
            with _DIRECT.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                raise ValueError(refused.read().decode()) from None


@contextmanager
def stripe_fake(*options: str) -> Iterator[StripeFake]:
    """A fake of one's own (``--seed 7``, ``--key sk_test_x=acct_x``), stopped at the end.

    It ends by itself when this process dies.
    """
    command = [sys.executable, "-m", "tests.stripe.fake", "--until-eof", *options]
    with subprocess.Popen(
        command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("Stripe's fake did not start")
            yield StripeFake(url, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
