"""What the shop sends is verified by the library of Standard Webhooks in another language."""

import json
import shutil
from pathlib import Path

from commerce_testkit.receiver import WebhookReceiver
from tests.clients.test_generated import HERE, node, run
from tests.integration.http.people import open_town, until

__all__ = ["node"]


def test_javascript_verifies_deliveries_by_a_secret_and_by_the_one_before_it(
    tmp_path: Path, node: Path
) -> None:
    with open_town(tmp_path / "town", webhook_targets="any") as town, WebhookReceiver() as receiver:
        seller = town.newcomer("seller")
        asked = {"url": receiver.url, "events": ["catalog.item_changed.v1"]}
        made = seller("POST", "/webhook-endpoints", asked).json()
        rolled = seller("POST", f"/webhook-endpoints/{made['endpointId']}/secret").json()
        town.item(seller, name="Käse 🧀")
        until(lambda: bool(receiver.received))
        sent = [
            {"secret": secret, "headers": got.headers, "body": got.body.decode()}
            for got in receiver.received
            for secret in (made["secret"], rolled["secret"])
        ]
    folder = tmp_path / "node"
    folder.mkdir()
    (folder / "sent.json").write_text(json.dumps(sent))
    shutil.copy(HERE / "verify.mjs", folder)
    (folder / "node_modules").symlink_to(node)
    assert run(folder, "node", "verify.mjs", "sent.json") == f"verified {len(sent)}\n"
