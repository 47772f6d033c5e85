"""A run of the features as one page that needs nothing else: Cucumber's own formatter, which lies
beside this with its licence.
"""

import json
from collections.abc import Sequence
from importlib import resources
from typing import Any, Final

_FOLDER: Final = resources.files("commerce_testkit") / "cucumber_html"
#: The page asks nobody for anything, whatever a feature or an answer of the shop says.
_POLICY: Final = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'\">"
)


def page(envelopes: Sequence[dict[str, Any]], title: str) -> str:
    """The page for the Cucumber messages of a run, called *title*."""
    messages = ",\n".join(_harmless(envelope) for envelope in envelopes)
    filled = {
        "title": title.replace("&", "&amp;").replace("<", "&lt;"),
        "icon": _file("icon.url"),
        "css": _file("main.css"),
        "custom_css": "",
        "messages": messages,
        "script": _file("main.js"),
        "custom_script": "",
    }
    text = _file("index.mustache").replace("<head>", f"<head>\n\t{_POLICY}", 1)
    pieces: list[str] = []
    for name, what in filled.items():  # in their order in the page: what is filled in is not read
        before, _, text = text.partition(f"{{{{{name}}}}}")
        pieces += [before, what]
    return "".join([*pieces, text])


def _harmless(envelope: dict[str, Any]) -> str:
    """A message that ends no script, whatever it says."""
    return json.dumps(envelope, separators=(",", ":")).replace("<", "\\u003c")


def _file(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
