"""Pages: a browser that opens the shop's address gets its door, and everybody else the document."""

import json
import threading
from pathlib import Path
from urllib.request import Request, urlopen

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_http.main import ShopServer
from commerce_pages.main import create_app

_PATIENCE = 90

addresses: list[str] = []
open_ = threading.Event()


def opened(address: str) -> None:
    """It takes requests at *address*."""
    addresses.append(address)
    open_.set()


shop = build_shop(Settings.in_folder(Path("shop").absolute(), pages=("shop", "console")))
server = ShopServer(create_app(shop), "127.0.0.1", 0, opened)
serving = threading.Thread(target=server.run, daemon=True)
serving.start()
assert open_.wait(_PATIENCE)
with urlopen(Request(f"{addresses[0]}/", headers={"Accept": "text/html"})) as answer:
    assert "<h1>" in answer.read().decode()
with urlopen(f"{addresses[0]}/shop") as answer:
    assert "/static/pico.min-" in answer.read().decode()
with urlopen(f"{addresses[0]}/") as answer:
    assert json.load(answer)["links"]["docs"] == "/schema"
server.should_exit = True
serving.join(_PATIENCE)
assert not serving.is_alive()
shop.close()
