"""The OpenAPI document as a page for people, which loads nothing from anywhere."""

import html
import json
from typing import Any, Final

_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 "
    "1rem}code,pre{font:13px ui-monospace,monospace}"
    "pre{background:#f4f4f6;padding:.7rem;overflow:auto}summary{cursor:pointer;padding:.3rem "
    "0}b{display:inline-block;width:4.5rem}"
    "@media(prefers-color-scheme:dark){body{background:#16161a;color:#ddd}pre{background:#222228}}"
)


def page(document: dict[str, Any], address: str) -> str:
    """*document*, which lies at *address*, as one page without scripts."""
    rows: list[str] = []
    tags: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            head = (
                f"<b>{method.upper()}</b><code>{html.escape(path)}</code> "
                f"{html.escape(described['summary'])}"
            )
            body = html.escape(json.dumps(described, indent=2, ensure_ascii=False))
            tags.setdefault(described["tags"][0], []).append(
                f"<details><summary>{head}</summary><pre>{body}</pre></details>"
            )
    for tag, operations in tags.items():
        rows += [f"<h2>{html.escape(tag.capitalize())}</h2>", *operations]
    rows.append("<h2>Schemas</h2>")
    for name, schema in document["components"]["schemas"].items():
        shown = html.escape(json.dumps(schema, indent=2))
        rows.append(
            f"<details><summary><code>{html.escape(name)}</code></summary>"
            f"<pre>{shown}</pre></details>"
        )
    title = html.escape(document["info"]["title"])
    link = f'<p><a href="{html.escape(address)}">openapi.json</a></p>'
    return (
        '<!doctype html><html lang="en"><meta '
        f'charset="utf-8"><title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>{link}{"".join(rows)}</html>'
    )
