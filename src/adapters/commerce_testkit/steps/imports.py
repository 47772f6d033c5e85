"""Imports: files of items, and what became of them."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, Final

from pytest_bdd import step, then

from commerce_testkit.steps.phrases import rows, says
from commerce_testkit.story import Story

_FORMS: Final = {"line by line": "ndjson", "as a list": "json", "as a table": "csv"}
#: What a person calls the columns of a file, and what stands at their heads.
_COLUMNS: Final[Mapping[str, str]] = {
    "article number": "sku",
    "name": "name",
    "price": "price",
    "quantity": "quantity",
    "variant": "variantId",
    "colour": "options.colour",
    "size": "options.size",
}


@step(says("{who:Who} imports a file written {form:Words}"))
def imports(story: Story, who: str, form: str, datatable: list[list[str]]) -> None:
    _import(story, who, _FORMS[form], _file(_FORMS[form], datatable))


@step(says("{who:Who} [imports|has imported] a table"))
def imports_table(story: Story, who: str, datatable: list[list[str]]) -> None:
    _import(story, who, "csv", _file("csv", datatable))


@step(says("{who:Who} [tries|has tried] an import of a table"))
def tries_import(story: Story, who: str, datatable: list[list[str]]) -> None:
    _import(story, who, "csv", _file("csv", datatable), dry_run=True)


@step(says("{who:Who} imports the same file again"))
def imports_again(story: Story, who: str) -> None:
    assert story.imported is not None, "nothing was imported"
    _import(story, who, *story.imported)


@step(says("{who:Who} imports an item as another shop has stored it"))
def imports_stored(story: Story, who: str, datatable: list[list[str]]) -> None:
    """With that shop's own names, and with what only that shop understands."""
    (row,) = rows(datatable)
    variant = {
        "variant_id": row["variant"],
        "color": row["colour"],
        "size": row["size"],
        "price": float(row["price"]),
        "stock": int(row["stock"]),
    }
    stored = {
        "_id": "64f1c0ffee",
        "sku": row["article number"],
        "name": row["name"],
        "created_at": "2024-05-01T10:00:00Z",
        "variants": [variant],
    }
    _import(story, who, "ndjson", json.dumps(stored) + "\n")


@step(says("{who:Who} looks at the import of {other:Who}"))
def looks_at_import(story: Story, who: str, other: str) -> None:
    assert story.report is not None, f"{other} has imported nothing"
    import_id = story.report.import_id
    story.attempt(lambda: story.shop.import_report(story.visitor(who), import_id))


@then(
    says(
        "the import has created {created:Count}, changed {changed:Count}, left {same:Count} as "
        "they were and refused {failed:Count}"
    )
)
def import_has(story: Story, created: int, changed: int, same: int, failed: int) -> None:
    assert (report := story.report) is not None, "nothing was imported"
    assert (report.created, report.changed, report.unchanged, report.failed) == (
        created,
        changed,
        same,
        failed,
    ), report


@then("the import names the bad rows")
def import_names(story: Story, datatable: list[list[str]]) -> None:
    assert story.report is not None, "nothing was imported"
    assert {(line, pointer.strip("/")) for line, pointer in story.report.refused} == {
        (int(row["line"]), _COLUMNS[row["column"]]) for row in rows(datatable)
    }


def _file(form: str, datatable: list[list[str]]) -> str:
    header, *body = datatable
    columns = [_COLUMNS[column] for column in header]
    if form == "csv":
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([columns, *body])
        return out.getvalue()
    items: list[dict[str, Any]] = [dict(zip(columns, row, strict=True)) for row in body]
    for item in items:
        item["quantity"] = int(item["quantity"])
    if form == "json":
        return json.dumps(items)
    return "".join(json.dumps(item) + "\n" for item in items)


def _import(story: Story, who: str, form: str, text: str, *, dry_run: bool = False) -> None:
    story.imported = (form, text)
    story.report = story.attempt(
        lambda: story.shop.import_items(story.visitor(who), form, text, dry_run=dry_run)
    )
