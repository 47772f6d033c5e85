"""A process that sends webhooks until somebody kills it. Its leases are short, so that the next one
need not wait for long.

``python -m tests.integration.webhooks.mortal_sender SETTINGS`` (JSON).
"""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_core.webhooks.service import send

if __name__ == "__main__":
    send._LEASE = timedelta(seconds=1)  # type: ignore[misc]
    given = json.loads(sys.argv[1])
    shop = build_shop(Settings.in_folder(Path(given.pop("folder")), **given))
    print("sending", flush=True)
    while True:
        if not shop.webhook_sender.run_once(64):
            time.sleep(0.01)
