"""`commerce settings` and `commerce migrate`."""

import os

from commerce_bootstrap.settings import described, load_settings
from commerce_cli.opening import open_shop
from commerce_cli.output import AsJson, Output


def settings(*, json: AsJson = False) -> None:
    """List every setting: its value, where that comes from, and what it means."""
    rows = [
        {"name": name, "value": value, "source": "environment" if name in os.environ else "default", "meaning": meaning}
        for name, value, meaning in described(load_settings(os.environ))
    ]
    out = Output(as_json=json)
    out.table([*rows], ("name", "value", "source", "meaning"))
    out.answer(rows)


def migrate(*, json: AsJson = False) -> None:
    """Bring the database's tables up to date. The embedded default does so by itself."""
    out = Output(as_json=json)
    with open_shop() as shop:
        url = {name: value for name, value, _ in described(shop.settings)}["COMMERCE_DATABASE_URL"]
    out.say(f"{url} is up to date.")
    out.answer({"database": url, "upToDate": True})
