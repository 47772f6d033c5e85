"""`commerce features`: the Gherkin specifications against a running shop."""

import os
import tempfile
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from commerce_cli.output import Output, WrongCall
from commerce_core.kernel.service_address import masked

if TYPE_CHECKING:
    from commerce_testkit.feature_files import Scene


def features(
    *,
    url: Annotated[
        str | None, Parameter(help="The address of the shop, like http://127.0.0.1:8000.")
    ] = None,
    tag: Annotated[
        tuple[str, ...], Parameter(help="Only scenarios with this tag; with one of several.")
    ] = (),
    name: Annotated[
        str, Parameter(help="Only those with these words in title, rule or feature.")
    ] = "",
    list_: Annotated[
        bool, Parameter(name="--list", negative="", help="List them in place of telling them.")
    ] = False,
    report: Annotated[
        Path | None, Parameter(help="Write the run into this file, as a page for people.")
    ] = None,
    messages: Annotated[
        Path | None, Parameter(help="Write it into this file, as Cucumber messages (NDJSON).")
    ] = None,
) -> int:
    """Tell the specifications to the shop at an address, one that takes play money alone."""
    scenes, out = _chosen(tag, name), Output()
    if list_:
        _list(scenes, out)
        return 0
    from commerce_cli.remote import reachable

    if url is None:
        raise WrongCall("Say which shop: --url http://127.0.0.1:8000 (or --list).")
    for file in (report, messages):
        if file is not None and not file.parent.is_dir():
            raise WrongCall(f"There is no folder {file.parent}.")
    reachable(url)
    code, envelopes = _tell(url, scenes, out)
    _write(envelopes, url, report, messages)
    return code


def _chosen(tags: Sequence[str], name: str) -> "list[Scene]":
    try:
        from commerce_testkit.feature_files import chosen, read
        from commerce_testkit.features_plugin import features_folder
    except ImportError:
        raise WrongCall(
            'The specifications need pytest: pip install "commerce-core[testkit]".'
        ) from None
    scenes = read(features_folder())
    known = {known for scene in scenes for known in scene.tags}
    if strange := [tag for tag in tags if tag.removeprefix("@") not in known]:
        named = ", ".join(f"@{tag}" for tag in sorted(known))
        raise WrongCall(f"There is no tag {strange[0]}: there are {named}.")
    found = chosen(scenes, tags, name)
    if not found:
        raise WrongCall("No scenario is like that.")
    return found


def _list(scenes: "Sequence[Scene]", out: Output) -> None:
    for feature, of_feature in groupby(scenes, lambda scene: scene.feature):
        out.say(feature)
        for rule, of_rule in groupby(of_feature, lambda scene: scene.rule):
            out.say(f"  {rule}")
            for scene in of_rule:
                tags = " ".join(f"@{tag}" for tag in sorted(scene.tags))
                out.say(f"    {scene.title}  {tags}")
    out.say(f"{len(scenes)} scenarios.")


def _tell(url: str, scenes: "Sequence[Scene]", out: Output) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and the run as Cucumber messages."""
    import pytest

    from commerce_testkit.features_messages import Messages
    from commerce_testkit.features_plugin import features_folder
    from commerce_testkit.features_telling import Telling, summary

    told = {scene.key: scene for scene in scenes}
    messages = Messages(features_folder(), frozenset(told))
    telling = Telling(told, out.say, messages)
    arguments = [
        "--pyargs", "commerce_testkit.bundled_features",
        "-p", "commerce_testkit.features_plugin", "--shop-url", url,
        # A project's own settings of pytest are no business of these.
        "-c", os.devnull, "--rootdir", tempfile.gettempdir(), "-p", "no:cacheprovider",
        "-qq", "--tb=no", "--no-header", "--no-summary", "-o", "console_output_style=classic",
    ]  # fmt: skip
    code = int(pytest.main(arguments, plugins=[telling, messages]))
    if telling.refused is not None:
        raise WrongCall(telling.refused)
    out.say(summary(telling.outcomes))
    messages.finish()
    return code, messages.envelopes


def _write(
    envelopes: "Sequence[dict[str, Any]]", url: str, report: Path | None, messages: Path | None
) -> None:
    from commerce_testkit.features_messages import as_lines
    from commerce_testkit.features_report import page

    if messages is not None:
        lines = "".join(f"{line}\n" for line in as_lines(envelopes))
        messages.write_text(lines, encoding="utf-8")
    if report is not None:
        report.write_text(page(envelopes, f"Specifications at {masked(url)}"), encoding="utf-8")
