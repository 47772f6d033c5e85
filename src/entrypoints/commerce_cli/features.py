"""`commerce features`: the Gherkin specifications against a running shop."""

import os
import tempfile
from typing import Annotated

from cyclopts import Parameter

from commerce_cli.output import WrongCall


def features(
    *, url: Annotated[str, Parameter(help="The address of the shop, like http://127.0.0.1:8000.")]
) -> int:
    """Run the specifications against the shop at an address."""
    from commerce_cli.remote import reachable

    reachable(url)
    try:
        import pytest
    except ImportError:
        raise WrongCall(
            'The specifications need pytest: pip install "commerce-core[testkit]".'
        ) from None
    arguments = [
        "--pyargs",
        "commerce_testkit.bundled_features",
        "-p",
        "commerce_testkit.features_plugin",
        "--shop-url",
        url,
    ]
    # A project's own settings of pytest are no business of these.
    return int(
        pytest.main(
            [
                *arguments,
                "-c",
                os.devnull,
                "--rootdir",
                tempfile.gettempdir(),
                "-q",
                "-p",
                "no:cacheprovider",
            ]
        )
    )
