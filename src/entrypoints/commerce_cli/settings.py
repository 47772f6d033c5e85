"""`commerce settings` and `commerce migrate`."""

import os

from commerce_bootstrap.settings import FROM_FILE, load_settings
from commerce_bootstrap.settings_report import described
from commerce_cli.output import AsJson, Output


def settings(*, json: AsJson = False) -> None:
    """List every setting: its value, where that comes from, and what it means."""
    rows = [
        {"name": name, "value": value, "source": _source(name), "meaning": meaning}
        for name, value, meaning in described(load_settings(os.environ))
    ]
    out = Output(as_json=json)
    out.table([*rows], ("name", "value", "source", "meaning"))
    out.answer(rows)


def _source(name: str) -> str:
    return (
        "environment"
        if name in os.environ
        else "file"
        if name + FROM_FILE in os.environ
        else "default"
    )


def migrate(*, json: AsJson = False) -> None:
    """Bring the database's tables to this release. The embedded default does so by itself. Other
    processes may go on serving.
    """
    from commerce_bootstrap.database import migrate_database  # loads the engine

    wanted = load_settings(os.environ)
    url = {name: value for name, value, _ in described(wanted)}["COMMERCE_DATABASE_URL"]
    migrate_database(wanted)
    out = Output(as_json=json)
    out.say(f"{url} is up to date.")
    out.answer({"database": url, "upToDate": True})
