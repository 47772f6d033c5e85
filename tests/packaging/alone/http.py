"""The HTTP API: a shop answers at an address of this machine until it is stopped."""

import json
import threading
from pathlib import Path
from urllib.request import urlopen

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_http.main import ShopServer, create_app

_PATIENCE = 90

addresses: list[str] = []
open_ = threading.Event()


def opened(address: str) -> None:
    """It takes requests at *address*."""
    addresses.append(address)
    open_.set()


shop = build_shop(Settings.in_folder(Path("shop").absolute()))
server = ShopServer(create_app(shop), "127.0.0.1", 0, opened)
serving = threading.Thread(target=server.run, daemon=True)
serving.start()
assert open_.wait(_PATIENCE)
with urlopen(f"{addresses[0]}/items") as answer:
    assert json.load(answer)["items"] == []
with urlopen(f"{addresses[0]}/schema/openapi.json") as answer:
    assert "/items" in json.load(answer)["paths"]
server.should_exit = True
serving.join(_PATIENCE)
assert not serving.is_alive()
shop.close()
