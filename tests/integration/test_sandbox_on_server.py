"""On a database server nobody gets the sandbox, where every test card pays, without asking for
it.
"""

import logging
import os
import subprocess
from pathlib import Path

import pytest

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.database import migrate_database
from commerce_bootstrap.setting_values import WrongSetting
from commerce_bootstrap.settings import Settings
from tests.live import COMMERCE, SANDBOX

AWAY = {"COMMERCE_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/x"}
BROKER = {"COMMERCE_BROKER_URL": "amqp://guest:guest@127.0.0.1:1/"}


@pytest.mark.parametrize(
    "command", [("serve", "--port", "0"), ("worker",), ("check",)], ids=" ".join
)
@pytest.mark.parametrize("missing", SANDBOX)
def test_a_start_on_a_server_without_a_named_gateway_or_carrier_is_refused_at_once(
    command: tuple[str, ...], missing: str, tmp_path: Path
) -> None:
    environment = (
        {name: value for name, value in os.environ.items() if not name.startswith("COMMERCE_")}
        | AWAY
        | BROKER
    )
    environment |= {name: value for name, value in SANDBOX.items() if name != missing}
    ran = subprocess.run(
        [COMMERCE, *command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"commerce: {missing} must be set on PostgreSQL: ")
    assert ran.stderr.count("\n") == 1


def test_a_sandbox_that_was_chosen_is_named_in_the_log(
    shop_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(WrongSetting, match="COMMERCE_PAYMENT_URLS must be set on PostgreSQL"):
        build_shop(Settings(database_url=shop_url, search_url=f"tantivy:///{tmp_path}/search"))
    settings = Settings.in_folder(tmp_path, database_url=shop_url)
    migrate_database(settings)
    with caplog.at_level(logging.WARNING):
        build_shop(settings).close()
    lines = [record.getMessage() for record in caplog.records if record.name == "commerce.shop"]
    assert sorted(line.partition(" ")[0] for line in lines) == sorted(SANDBOX)


def test_in_a_file_it_is_the_default_and_nothing_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        build_shop(Settings.in_folder(tmp_path)).close()
    assert [record for record in caplog.records if record.name == "commerce.shop"] == []
