"""`commerce features`: the Gherkin specifications against a running shop."""

import sys
from importlib.resources import as_file, files
from typing import Annotated

from cyclopts import Parameter

from commerce_cli.output import WrongCall


def features(
    *only: str,
    url: Annotated[str, Parameter(help="The address of the shop, like http://127.0.0.1:8000.")],
) -> int:
    """Run the specifications against the shop at an address: all of them, or those of the capabilities named (cart, checkout …)."""
    from commerce_cli.remote import reachable

    reachable(url)
    try:
        import pytest
    except ImportError:
        raise WrongCall('The specifications need pytest: pip install "commerce-core[testkit]".') from None
    with as_file(files("commerce_testkit")) as package:
        folder = package / "features"
        chosen = [folder / name for name in only] or [folder]
        if missing := [path.name for path in chosen if not path.is_dir()]:
            known = ", ".join(sorted(p.name for p in folder.iterdir() if p.is_dir()))
            raise WrongCall(f"There are no specifications of {missing[0]}, but of {known}.")
        sys.stdout.flush()
        arguments = ["-p", "commerce_testkit.features_plugin", "--shop-url", url, "-q", "-p", "no:cacheprovider"]
        return int(pytest.main([*arguments, *map(str, chosen)]))
