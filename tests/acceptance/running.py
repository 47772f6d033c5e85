"""A shop that runs in a folder of its own."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import attrs

from tests.live import COMMERCE

PATIENCE = 60.0


@attrs.frozen
class RunningShop:
    """Where it listens, and its commands."""

    address: str
    folder: Path
    environment: Mapping[str, str]

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """`commerce` with *arguments* to its end."""
        return subprocess.run(
            [COMMERCE, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def appoint(self, email: str) -> None:
        """Make the holder of an e-mail address an operator."""
        made = self.command("accounts", "grant", email, "operator")
        assert made.returncode == 0, made.stderr
