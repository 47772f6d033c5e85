"""Whatever is asked wrongly is one sentence that names it, exit 2, and no trace."""

import re
import socket
from pathlib import Path

import pytest

from tests.integration.cli.conftest import BUYER, Cli, Shop

COMMANDS = [
    ("demo",), ("serve",), ("worker",), ("import",), ("export",), ("check",), ("reindex",),
    ("migrate",), ("settings",), ("features",),
    ("search", "evaluate"), ("search", "explain"),
    ("recommendations", "build"), ("recommendations", "evaluate"), ("recommendations", "explain"),
    ("sagas", "list"), ("sagas", "show"), ("sagas", "retry"), ("sagas", "resolve"),
    ("sagas", "compensate"),
    ("messages", "list"), ("messages", "show"), ("messages", "replay"), ("accounts", "grant"),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_tells_what_it_does(command: tuple[str, ...], commerce: Cli) -> None:
    ran = commerce(*command, "--help")
    assert ran.code == 0
    assert f"commerce {' '.join(command)}" in ran.out


@pytest.mark.parametrize(
    "words", [(), ("--help",), ("messages",), ("search", "--help")], ids=" ".join
)
def test_a_list_of_commands_tells_what_each_is_for(words: tuple[str, ...], commerce: Cli) -> None:
    rows = re.findall(r"^│ ([a-z]+) +(.*?) *│$", commerce(*words).out, re.MULTILINE)
    assert len(rows) > 1
    assert [name for name, meaning in rows if not meaning] == []


@pytest.mark.parametrize(
    "words",
    [("check",), ("sagas", "list"), ("messages", "list"), ("reindex",),
     ("export", "i.json", "--seller", BUYER), ("accounts", "grant", BUYER, "operator")],
    ids=" ".join,
)  # fmt: skip
def test_where_no_shop_was_opened_nothing_is_made(
    words: tuple[str, ...], commerce: Cli, folder: Path
) -> None:
    ran = commerce(*words)
    assert ran.code == 2
    assert "No shop was opened here" in ran.err
    assert not [*folder.iterdir()]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COMMERCE_PORT", "eighty"),
        ("COMMERCE_DATABASE_URL", "shop.db"),
        ("COMMERCE_DATABASE_URL", "oracle://host/db"),
        ("COMMERCE_DATABASE_URL", "sqlite:////proc/nowhere/shop.db"),
        ("COMMERCE_SEARCH_URL", "elastic://host"),
        ("COMMERCE_DATABASE_URL", "postgresql://u:p@127.0.0.1:99999/shop"),
        ("COMMERCE_BROKER_URL", "amqp://u:p@127.0.0.1:99999/"),
        ("COMMERCE_SEARCH_URL", "opensearch://127.0.0.1:99999"),
        ("COMMERCE_BROKER_URL", "pigeon://loft"),
        ("COMMERCE_BROKER_URL", "amqp://guest:hunter2@host/?wings=2"),
        ("COMMERCE_PAYMENT_URLS", "barter://"),
        ("COMMERCE_CARRIER_URL", "mule://"),
        ("COMMERCE_CURRENCY", "dollars"),
        ("COMMERCE_LEASE", "1"),
        ("COMMERCE_CORS_ORIGINS", "https://shop.example.com/"),
        ("COMMERCE_CORS_ORIGINS", "*, https://shop.example.com"),
        ("COMMERCE_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("COMMERCE_PROT", "8000"),
    ],
)
def test_a_wrong_setting_is_named(
    name: str, value: str, commerce: Cli, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "var").mkdir()
    (folder / "var" / "shop.db").touch()
    monkeypatch.setenv(name, value)
    ran = commerce("check")
    assert (ran.code, ran.out) == (2, "")
    assert name in ran.err
    assert ran.err.count("\n") == 1


def test_a_database_that_is_none_is_named(commerce: Cli, folder: Path) -> None:
    (folder / "var").mkdir()
    (folder / "var" / "shop.db").write_text("no database " * 1_000)
    ran = commerce("check")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "COMMERCE_DATABASE_URL" in ran.err


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("sell",), "sell"),
        (("check", "--jsno"), "--jsno"),
        (("import", "items.ndjson"), "--seller"),
        (("import", "nowhere.ndjson", "--seller", BUYER), "nowhere.ndjson"),
        (("import", "items.xls", "--seller", BUYER), "--format"),
        (("export", "items.csv", "--seller", "nobody@shop.example"), "nobody@shop.example"),
        (("export", "items.csv", "--seller", BUYER), "no seller"),
        (("accounts", "grant", "nobody@shop.example", "operator"), "nobody@shop.example"),
        (("accounts", "grant", BUYER, "emperor"), "emperor"),
        (("sagas", "show", "42"), "no such order"),
        (("sagas", "retry", "42"), "no such order"),
        (("messages", "show", "42"), "42"),
        (("messages", "replay", "42"), "42"),
        (("messages", "replay"), "--all"),
        (("messages", "replay", "42", "--all"), "--all"),
        (("sagas", "compensate", "42", "--reason", "x", "--evidence", "y"), "--actor"),
        (("search", "evaluate", "--queries", "q.tsv", "--judgments", "j.tsv"), "j.tsv"),
        (("features", "--url", "127.0.0.1:8000"), "127.0.0.1:8000"),
        (("serve", "--port", "70000"), "70000"),
        (("worker",), "commerce serve"),
        (("worker", "--only", "relay,sleeping"), "sleeping"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_a_wrong_call_is_one_sentence(
    arguments: tuple[str, ...], named: str, shop: Shop, commerce: Cli
) -> None:
    ran = commerce(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert named in ran.err
    assert ran.err.count("\n") == 1


def test_an_address_that_is_taken_is_named(commerce: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = commerce("serve", "--port", str(port))
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert f"127.0.0.1:{port}" in ran.err


def test_a_shop_that_does_not_answer_is_named(commerce: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    ran = commerce("features", "--url", url)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert url in ran.err
