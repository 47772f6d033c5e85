"""Where the packages lie, read from what the wheel is built of."""

import importlib
import pkgutil
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = ("src", "src/adapters", "src/entrypoints")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = [
    ROOT / path for path in PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
]
CORE = ROOT / "src" / "commerce_core"
CAPABILITIES = sorted(
    d.name for d in CORE.iterdir() if (d / "__init__.py").exists() and d.name != "kernel"
)
ADAPTERS = [p.name for p in PACKAGES if p.parent.name == "adapters"]


@cache
def loaded(package: str) -> list[ModuleType]:
    """Every module of *package*, imported; migrations and what runs when imported are not."""
    top = importlib.import_module(package)
    found = [m.name for m in pkgutil.walk_packages(top.__path__, f"{package}.")]
    return [
        top,
        *(
            importlib.import_module(name)
            for name in found
            if not {"__main__", "migrations"} & set(name.split("."))
        ),
    ]


def tracked(*folders: str) -> list[Path]:
    """Every file below *folders* (all of them: none) that is, or is about to be, under version
    control.
    """
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
        *folders,
    ]
    names = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]
