"""The `commerce` command: every command explains itself, and a shop that nobody set up is in
order.
"""

import subprocess
import sys
from pathlib import Path

commerce = Path(sys.executable).with_name("commerce")


def run(*arguments: str) -> str:
    """What the command writes."""
    return subprocess.run([commerce, *arguments], check=True, capture_output=True, text=True).stdout


assert {"demo", "serve", "worker", "check"} <= set(run("--help").split())
run("migrate")
run("check")
