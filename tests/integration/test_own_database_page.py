"""What docs/embedding-database.md shows runs as it stands, on a PostgreSQL."""

from pathlib import Path

import pytest

from tests.docs.test_examples import IN_A_HOSTS_DATABASE, examples
from tests.servers import SharedServers, fresh_database


def test_a_shop_lives_in_a_hosts_database_as_the_page_shows(
    shared_servers: SharedServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = compile(examples(IN_A_HOSTS_DATABASE), str(IN_A_HOSTS_DATABASE), "exec")
    with fresh_database(shared_servers.url("postgres")) as url:
        exec(code, {"__name__": "example", "HOST": url})
