"""Orders of a real shop that is paid by Stripe, of whose calls a fifth fail and of whose events
some are lost, late or doubled, and that is killed again and again: each ends as it may, and the
books agree both ways.
"""

import json
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from commerce_cli.check import check
from commerce_cli.payments import Format, reconcile, report
from tests.e2e.shoppers import Crowd, Plan, stocked
from tests.e2e.test_kill import nothing_waits, until
from tests.live import LiveShop
from tests.stripe.fake_server import StripeFake, stripe_fake

_BUYERS: Final = 6
#: Orders in all; many more at full scale, by hand.
_ORDERS: Final = int(os.environ.get("TEST_STRIPE_ORDERS", "120"))
_KILLS: Final = 3
_DONE: Final = frozenset({"COMPLETED"})
_UNDONE: Final = frozenset({"CANCELLED"})
_NOWHERE: Final = {
    "name": "Ada", "line1": "Hut 1", "city": "McMurdo", "postalCode": "0", "country": "AQ"
}  # fmt: skip
PLANS: Final[tuple[Plan, ...]] = (
    ("pm_card_visa", None, False, _DONE),
    ("pm_card_chargeDeclined", None, False, _UNDONE),
    ("tok_visa", None, False, _DONE),
    ("pm_card_visa", _NOWHERE, False, _UNDONE),
    ("pm_card_threeDSecure2Required", None, True, _UNDONE),
    ("pm_card_visa", None, True, _DONE | _UNDONE),
)
#: A fifth of all calls.
_FAULTS: Final = {
    "rate_limited": 0.02, "lock_timeout": 0.01, "conflict": 0.02, "unavailable": 0.02,
    "lost_before": 0.02, "lost_after": 0.03, "error_before": 0.02, "error_after": 0.02,
    "late": 0.02, "late_effect": 0.01, "not_found": 0.01,
}  # fmt: skip
#: Shares of what Stripe says by itself.
_LOST_EVENTS: Final = {
    "lost": 0.2, "late": 0.2, "doubled": 0.2, "reordered": 0.2, "wrong_secret": 0.05,
    "other_account": 0.05, "stale": 0.05,
}  # fmt: skip
_SECRET: Final = "whsec_of_the_shop"
_SETTINGS: Final = {
    "COMMERCE_LEASE": "4",
    "COMMERCE_CALL_TIMEOUT": "1",
    "COMMERCE_RETRY": "0.1",
    "COMMERCE_LONGEST_RETRY": "1",
    "COMMERCE_LOG_FORMAT": "plain",
}


def test_the_books_agree_whatever_fails_at_stripe_and_whenever_the_shop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with stripe_fake("--seed", "7") as fake:
        secrets = tmp_path / "notices"
        secrets.write_text(_SECRET)
        secrets.chmod(0o600)
        url = f"stripe://{fake.account}?api={fake.url}&return_url=https://shop.example.com/paid"
        url += f"&notices_file={secrets}"
        for name, value in {
            **_SETTINGS, "COMMERCE_PAYMENT_URLS": url, "STRIPE_SECRET_KEY": fake.key
        }.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        crowd = Crowd(*stocked(tmp_path, _BUYERS), PLANS)
        fake.order("faults", rates=_FAULTS, late_seconds=2, seed=7)
        fake.order("webhooks/faults", rates=_LOST_EVENTS, seed=7)
        for _ in range(_KILLS):
            shop = LiveShop(tmp_path, {})
            told(fake, shop)
            crowd.shop_until_it_dies(shop.address, _ORDERS // _BUYERS // _KILLS)
            shop.kill()
        fake.order("calm")
        shop = LiveShop(tmp_path, {})
        told(fake, shop)
        try:
            ended = all_ended(crowd, shop)
        finally:
            shop.stop()
        assert crowd.surprises == []
        agree(fake, ended)
        monkeypatch.chdir(tmp_path)
        code = check(json=True)
        found = json.loads(capsys.readouterr().out)
        assert (code, found["violations"]) == (0, [])
        assert found["atRest"]
        assert known_on_both_sides(capsys) >= ending(ended, "COMPLETED")
        counts = Counter(ended.values())
        events = fake.read("webhooks")["counts"]
        faults = sum(fake.read("faults")["counts"].values())
        print(f"{len(ended)} orders, {faults} faults: {dict(counts)}; events: {events}")
        assert min(counts["COMPLETED"], counts["CANCELLED"], faults) > 0


def told(fake: StripeFake, shop: LiveShop) -> None:
    """Have Stripe send its events to *shop*, and to none before it."""
    for endpoint in fake.read("webhooks")["endpoints"]:
        fake.order("webhooks/change", id=endpoint["id"], secrets=[])
    url = f"{shop.address}/webhooks/payments/stripe"
    fake.order("webhooks", url=url, secrets=[_SECRET], account=fake.account)


def known_on_both_sides(capsys: pytest.CaptureFixture[str]) -> int:
    """How many captures Stripe shows, each of which the shop knows, as every refund; no line of
    Stripe's books belongs to nobody.
    """
    since = datetime.now(UTC) - timedelta(days=1)
    reconcile(since=since, json=True)
    (made,) = json.loads(capsys.readouterr().out).values()
    assert (made["mended"], made["strange"]) == (0, 0)
    code = report(since=since.date(), format=Format.JSON)
    days = json.loads(capsys.readouterr().out)
    assert (code, [day for day in days if not day["agrees"]]) == (0, [])
    return sum(day["lines"] for day in days if day["kind"] == "capture")


def ending(ended: dict[str, str], status: str) -> int:
    """How many orders have ended so."""
    return [*ended.values()].count(status)


def all_ended(crowd: Crowd, shop: LiveShop) -> dict[str, str]:
    """How each promised order has ended."""
    crowd.send_again(shop.address)

    def unfinished() -> list[Any]:
        found = crowd.endings(shop.address)
        return [(i, status) for i, (status, endings) in found.items() if status not in endings]

    until(lambda: not unfinished(), unfinished)
    until(lambda: nothing_waits(shop.address), lambda: shop.log.read_text()[-2000:])
    return {i: status for i, (status, _) in crowd.endings(shop.address).items()}


def agree(fake: StripeFake, ended: dict[str, str]) -> None:
    """Each order that was completed is paid once, and of every other nothing was kept."""
    intents = fake.books()["intents"].values()
    kept = {
        order: sum(i["kept"] for i in intents if i["metadata"].get("order") == order)
        for order in ended
    }
    taken = Counter(i["metadata"].get("order") for i in intents if i["captured"])
    assert max(taken.values()) == 1, "an order was charged twice"
    for order, status in ended.items():
        assert (kept[order] > 0) == (status == "COMPLETED"), order
    strangers = [i for i in intents if i["kept"] and i["metadata"].get("order") not in ended]
    assert strangers == [], "money was taken for no order"
