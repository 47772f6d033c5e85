"""Two thousand orders end every way there is, while the mail server refuses, delays, drops and
hangs and the workers are killed: each message that had to go out is there, once, and no other.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from commerce_core.accounts import Account
from commerce_core.catalog import ItemView
from commerce_core.checkout import Placed
from commerce_core.kernel.address import Address
from commerce_core.notifications import Kind, notification_id
from tests.integration.mail_server import BadWire, running_mailpit
from tests.integration.market import DECLINED, Market, open_market

ORDERS: Final = 2_000
KILLS: Final = 6
_PATIENCE: Final = 180.0
_NOWHERE: Final = Address(name="Ada", line1="1 Ice Street", city="South Pole", country="AQ")
_ENDINGS: Final = ("good", "good", "declined", "unshippable", "cancelled")
#: What a buyer is told by each ending.
_TOLD: Final = {
    "good": {Kind.ORDER_CONFIRMED, Kind.ORDER_COMPLETED},
    "declined": {Kind.ORDER_CANCELLED},
    "unshippable": {Kind.ORDER_CANCELLED, Kind.REFUND_COMPLETED},
    "cancelled": {Kind.ORDER_CANCELLED},
}


def placed(market: Market, buyer: Account, item: ItemView, ending: str) -> Placed:
    """An order that is going to end so."""
    cart = market.fill(buyer, (item, 1))
    if ending == "declined":
        return market.place(buyer, cart, DECLINED)
    order = market.place(buyer, cart, to=_NOWHERE if ending == "unshippable" else None)
    if ending == "cancelled":
        market.cancel(order)
    return order


def expected(market: Market, orders: list[tuple[Account, Placed, str]]) -> set[str]:
    """The ids of all messages that have to go out."""
    ids: set[str] = set()
    for buyer, order, ending in orders:
        ids |= {notification_id(kind, order.key.order_id, buyer.id) for kind in _TOLD[ending]}
        if ending == "good":
            ids.add(notification_id(Kind.NEW_ORDER, order.key.order_id, market.seller_id))
    return ids


def pending(market: Market) -> int:
    (row,) = market.rows("SELECT count(*) FROM notification WHERE status = 'PENDING'")
    (queued,) = market.rows("SELECT count(*) FROM queued_message WHERE consumer = 'notifications'")
    return int(row[0]) + int(queued[0])


def worker(folder: Path, wire: BadWire) -> "subprocess.Popen[bytes]":
    settings = {
        "COMMERCE_DATABASE_URL": f"sqlite:////{folder}/shop.db",
        "COMMERCE_SEARCH_URL": f"tantivy:////{folder}/search",
        "COMMERCE_PAYMENT_URLS": f"sandbox:////{folder}/sandbox-payments.db",
        "COMMERCE_CARRIER_URL": f"sandbox:////{folder}/sandbox-carrier.db",
        "COMMERCE_CHANNELS": f"smtp://127.0.0.1:{wire.port}?starttls=never&timeout=1",
        "COMMERCE_RETRY": "0.1",
        "COMMERCE_LONGEST_RETRY": "1",
        "COMMERCE_MAILS_PER_SECOND": "500",
    }
    log = (folder / "worker.log").open("ab")
    with log:
        return subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("mail_worker.py"))],
            env={**os.environ, **settings},
            cwd=folder,
            stdout=log,
            stderr=log,
        )


@pytest.mark.parametrize("seed", [14])
def test_each_message_that_had_to_go_out_arrives_once_and_no_other(
    seed: int, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    with running_mailpit(tmp_path) as server, open_market(tmp_path / "shop") as market:
        wire = BadWire(server.smtp_port, seed)
        item = market.item(10 * ORDERS)
        buyers = market.buyers(50)
        orders = []
        for no in range(ORDERS):
            buyer, ending = buyers[no % len(buyers)], chance.choice(_ENDINGS)
            orders.append((buyer, placed(market, buyer, item, ending), ending))
        market.run_sagas()
        server.be_difficult(Sender=(451, 10), Recipient=(450, 10))
        folder = tmp_path / "shop"
        running = [worker(folder, wire), worker(folder, wire)]
        for no in range(KILLS):
            time.sleep(chance.uniform(3, 6))
            if no == KILLS // 2:
                wire.silent.set()
                time.sleep(3)
                wire.silent.clear()
            victim = running.pop(0)
            victim.kill()
            victim.wait(10)
            running.append(worker(folder, wire))
        server.be_difficult(Sender=(451, 0), Recipient=(450, 0))
        wire.good.set()
        _release(market)
        deadline = time.monotonic() + _PATIENCE
        while pending(market):
            assert time.monotonic() < deadline, (folder / "worker.log").read_text()[-2000:]
            time.sleep(0.5)
        for one in running:
            one.terminate()
            one.wait(30)
        arrived = Counter({i.partition("@")[0]: n for i, n in server.message_ids().items()})
        wire.close()
        wanted = expected(market, orders)
        assert arrived.keys() == wanted
        rows = market.rows("SELECT status, count(*) FROM notification GROUP BY status")
        assert [tuple(row) for row in rows] == [("SENT", len(wanted))]
        assert market.shop.checker.check().violations == ()
        assert wire.dropped > 0
        assert wire.refused > 0
        print(
            f"{len(wanted)} messages, {arrived.total() - len(wanted)} copies by the same id, "
            f"{wire.dropped} dropped, {wire.refused} refused"
        )


def _release(market: Market) -> None:
    """The leases of those that were killed, which run for ten minutes."""
    with market.database.begin() as tx:
        tx.connection.execute(sa.text("UPDATE notification SET lease_until = NULL"))
        tx.commit()
