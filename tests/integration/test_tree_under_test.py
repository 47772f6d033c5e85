"""What the tests start is the tree that they test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import commerce_core
from tests.live import COMMERCE


def test_the_command_that_tests_start_is_made_of_what_they_import(tmp_path: Path) -> None:
    stranger = tmp_path / "commerce"
    stranger.write_text("#!/bin/sh\necho somebody else\n")
    stranger.chmod(0o700)
    environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    assert shutil.which("commerce", path=environment["PATH"]) == str(stranger)
    ran = subprocess.run(
        [COMMERCE, "settings"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "COMMERCE_DATABASE_URL" in ran.stdout
    program = Path(COMMERCE).read_text()
    assert program.startswith(f"#!{sys.executable}\n")
    shown = program.replace(
        "sys.exit(main())", "import commerce_core; print(commerce_core.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", shown], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == commerce_core.__file__
