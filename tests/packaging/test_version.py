"""The library says which version of it is installed."""

import tomllib

import pytest

import commerce_core
from tests.architecture.tree import ROOT


def test_the_version_is_the_one_that_the_project_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert commerce_core.__version__ == project["version"]


def test_nothing_else_is_made_up() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'version'"):
        commerce_core.version  # type: ignore[attr-defined]  # noqa: B018
