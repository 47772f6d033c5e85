"""Importing any module of any package does nothing but define: no handler of logs, no signal, no
thread, no open file, no change of the process.
"""

import json
import subprocess
import sys
from typing import Any, Final

import pytest

from tests.architecture.tree import PACKAGES

#: Prints what the process is like before each package, and after, as JSON.
LOOK: Final = """
import gc, importlib, json, locale, logging, os, pkgutil, signal, sys, threading

#: What pytest and alembic load, each within its own run.
OF_OTHERS = ("commerce_testkit.bundled_features", "commerce_sqlalchemy.migrations.env")

hooks = ("excepthook", "unraisablehook")

def mask():
    now = os.umask(0)
    os.umask(now)
    return now

def process():
    loggers = [logging.getLogger(), *map(logging.getLogger, list(logging.root.manager.loggerDict))]
    return {
        "threads": sorted(t.name for t in threading.enumerate()),
        "signals": [repr(signal.getsignal(s)) for s in sorted(signal.valid_signals())],
        "handlers": sorted(
            f"{log.name}: {handler}" for log in loggers for handler in log.handlers
            if not isinstance(handler, logging.NullHandler)
        ),
        "level": logging.getLogger().level,
        "hooks": [repr(getattr(sys, name)) for name in hooks] + [repr(threading.excepthook)],
        "files": sorted(set(os.listdir("/proc/self/fd"))) if os.path.isdir("/proc/self/fd") else [],
        "environment": dict(os.environ),
        "folder": [os.getcwd(), os.listdir()],
        "collector": [gc.get_threshold(), gc.isenabled()],
        "locale": locale.setlocale(locale.LC_ALL),
        "mask": mask(),
    }

(name,) = sys.argv[1:]
before = process()
package = importlib.import_module(name)
modules = [m.name for m in pkgutil.walk_packages(package.__path__, f"{name}.")]
for module in modules:
    if module not in OF_OTHERS:
        importlib.import_module(module)
print(json.dumps({"before": before, "after": process(), "modules": modules}))
"""


@pytest.mark.parametrize("name", [package.name for package in PACKAGES])
def test_importing_a_package_whole_leaves_the_process_as_it_was(name: str, tmp_path: Any) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LOOK, name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
    seen = json.loads(ran.stdout)
    assert seen["after"] == seen["before"]
