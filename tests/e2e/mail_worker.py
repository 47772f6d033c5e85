"""A process that follows events with messages and sends these, for a shop in files, until it is
ended: `python mail_worker.py`, with the shop's settings in its environment.
"""

import os
import signal
import threading

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import load_settings
from commerce_worker import working

if __name__ == "__main__":
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    with (
        build_shop(load_settings(os.environ)) as shop,
        working(shop, {"relay", "notifications"}, drain=5),
    ):
        over.wait()
