"""The alert rules are right in Prometheus' own eyes: each fires on a sick shop, none on a sound
one.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from scripts.servers.errors import NoServer
from scripts.servers.packages import install

OPS: Final = Path(__file__).parents[3] / "ops"


@pytest.fixture(scope="module")
def promtool() -> str:
    """Prometheus' own checker; installed if need be, and the test is left out where it cannot
    be.
    """
    try:
        if shutil.which("promtool") is None:
            install(["prometheus"])
    except NoServer as error:
        pytest.skip(f"promtool is missing: {error}")
    found = shutil.which("promtool")
    assert found is not None
    return found


def test_every_alert_fires_on_a_sick_shop_and_none_on_a_sound_one(promtool: str) -> None:
    for command in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts.test.yml"]):
        done = subprocess.run(
            [promtool, *command], cwd=OPS, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_rule_that_never_fires_is_noticed(promtool: str, tmp_path: Path) -> None:
    blunt = (
        (OPS / "alerts.yml")
        .read_text()
        .replace("max(commerce_dead_letters) > 0", "max(commerce_dead_letters) > 5")
    )
    (tmp_path / "alerts.yml").write_text(blunt)
    shutil.copy(OPS / "alerts.test.yml", tmp_path)
    assert (
        subprocess.run(
            [promtool, "test", "rules", "alerts.test.yml"],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        ).returncode
        == 1
    )
