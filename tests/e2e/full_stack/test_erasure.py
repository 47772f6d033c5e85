"""After somebody has left, neither the database server nor the broker nor the search cluster nor a
file or log of the full stack tells of them.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import httpx
import pika
import psycopg
import pytest
from psycopg import sql

from commerce_testkit.canaries import spellings
from tests.fullstack import FullStack, opened_full_stack, until
from tests.integration.http.leaver import PASSWORD, PERSONAL, lives
from tests.integration.http.people import UNLIMITED, Town
from tests.servers import SharedServers, shared_servers

__all__ = ["shared_servers"]

#: A queue of another system, which takes every event.
_ELSEWHERE: Final = "everything"
_ALL: Final = {"expand_wildcards": "all"}


@pytest.fixture(scope="module")
def stack(
    shared_servers: SharedServers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FullStack]:
    settings = {f"COMMERCE_{name.upper()}": str(value) for name, value in UNLIMITED.items()}
    folder = tmp_path_factory.mktemp("leaving")
    with opened_full_stack(folder, shared_servers, settings=settings) as full:
        yield full


@contextmanager
def at_broker(stack: FullStack) -> Iterator[Any]:
    address = pika.URLParameters(stack.settings.broker_url)
    with pika.BlockingConnection(address) as connection:
        yield connection.channel()


def published(stack: FullStack) -> list[bytes]:
    """The events that came to the other system."""
    with at_broker(stack) as channel:
        found = []
        while (got := channel.basic_get(_ELSEWHERE))[0] is not None:
            found.append(str(got[1]).encode() + got[2])
    return found


def rows(stack: FullStack) -> Mapping[str, bytes]:
    """Each table as text."""
    address = stack.settings.database_url.partition("?")[0]
    with psycopg.connect(address) as connection:
        names = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchall()
        return {
            name: "\n".join(
                text
                for (text,) in connection.execute(
                    sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))
                )
            ).encode()
            for (name,) in names
        }


def documents(stack: FullStack) -> bytes:
    """Every document of this shop in the search cluster, as it was sent there."""
    at = urlsplit(stack.settings.search_url)
    indexes = f"http://{at.netloc}{at.path}*"
    httpx.post(f"{indexes}/_refresh", params=_ALL, timeout=60).raise_for_status()
    found = httpx.get(f"{indexes}/_search", params=_ALL | {"size": "1000"}, timeout=60)
    return json.dumps(found.raise_for_status().json()["hits"], ensure_ascii=False).encode()


def told(places: Mapping[str, bytes]) -> dict[str, list[str]]:
    """The canaries in each of *places* that has any."""
    return {
        place: seen
        for place, data in places.items()
        if (seen := [c for c in PERSONAL if any(s.encode() in data for s in spellings(c))])
    }


def files(folder: Path) -> Mapping[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_who_has_left_is_known_to_no_server_of_the_full_stack(stack: FullStack) -> None:
    with at_broker(stack) as channel:
        channel.queue_declare(_ELSEWHERE, durable=True)
        channel.queue_bind(_ELSEWHERE, "commerce.events", "#")
    with httpx.Client(base_url=stack.address, timeout=60) as client:
        town = Town(cast("Any", None), client)
        item = town.item(town.newcomer("seller"), name="Tin kettle")
        person = lives(town)
        assert told(rows(stack)), "nothing was looked at"
        left = person("DELETE", "/accounts/me", {"password": PASSWORD})
        assert left.status_code == 204, left.text

    until(lambda: told(rows(stack)) == {}, lambda: told(rows(stack)))
    events = published(stack)
    assert any(item["itemId"].encode() in event for event in events), "nothing was listened to"
    assert told({"broker": b"\n".join(events)}) == {}
    until(lambda: b"Tin kettle" in documents(stack), lambda: documents(stack))
    assert told({"search": documents(stack)}) == {}
    until(lambda: told(files(stack.folder)) == {}, lambda: told(files(stack.folder)))
