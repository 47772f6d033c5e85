"""Imports: files of items of any length, kept chunk by chunk as they arrive."""

from functools import partial
from typing import Any, Final

import attrs

from commerce_bootstrap.settings import Settings
from commerce_core.accounts import Account
from commerce_core.catalog import (
    ImportFormat,
    ImportNotFound,
    NewItem,
    TableStyle,
    TooManyImports,
)
from commerce_core.catalog import (
    ItemImport as CoreItemImport,
)
from commerce_core.catalog import (
    RowError as CoreRowError,
)
from commerce_core.catalog.service.imports import Imports
from commerce_core.catalog.service.table_style import DELIMITERS
from commerce_core.kernel.ids import SellerId
from commerce_core.kernel.paging import BadCursor
from commerce_core.search.service.find import import_token
from commerce_http.web.answers import Reply, Shape, Timestamp
from commerce_http.web.auth import SELLER
from commerce_http.web.body import check_media, pieces
from commerce_http.web.dependencies import HttpRequest
from commerce_http.web.executor import BlockingExecutor
from commerce_http.web.frame import headers_of
from commerce_http.web.operations import Runs, StreamedBody, operation
from commerce_http.web.query import page_size

_FORMATS: Final = {
    "application/x-ndjson": ImportFormat.NDJSON,
    "application/ndjson": ImportFormat.NDJSON,
    "application/jsonl": ImportFormat.NDJSON,
    "application/json": ImportFormat.JSON,
    "text/csv": ImportFormat.CSV,
    "text/tab-separated-values": ImportFormat.CSV,
}
_ROW: Final = {"sku": "MUG-1", "name": "Mug", "brand": "Potter", "price": 15, "quantity": 40}
_LINES: Final = StreamedBody(
    description="One row a line, each an item as in `POST /items`, or a stored document.",
    example='{"sku": "MUG-1", "name": "Mug", "brand": "Potter", "price": 15, "quantity": 40}\n'
    '{"sku": "MUG-2", "name": "Large mug", "price": 18, "quantity": 25}\n',
)
_ROWS: Final = StreamedBody(
    description="An array of items as in `POST /items`, or stored documents.",
    example=[_ROW],
    rows=NewItem,
    other={
        "StoredDocument": {
            "type": "object",
            "description": "An item as a document store kept it (`_id`, `variant_id`, "
            "`created_at`), or the keys of a known item that are to change. What cannot be read "
            "is named in the import's `errors`.",
            "additionalProperties": True,
        }
    },
)
_TABLE: Final = StreamedBody(
    description="One row a variant, dotted headers (`attributes.material`), JSON for lists.",
    example="sku,name,brand,price,quantity\nMUG-1,Mug,Potter,15,40\n",
)
#: The other names of a format say nothing new.
_BODIES: Final = {"application/x-ndjson": _LINES, "application/json": _ROWS, "text/csv": _TABLE}


def _one_of(*characters: str) -> Any:
    def check(_: object, _attribute: "attrs.Attribute[Any]", value: str | None) -> None:
        if value is not None and value not in characters:
            raise ValueError(
                "must be one of " + " ".join("tab" if c == "\t" else c for c in characters)
            )

    return check


@attrs.frozen(kw_only=True)
class ImportOptions:
    """With ``dryRun`` rows are checked and nothing is written. The style of a table is detected
    from its head, or said here.
    """

    dry_run: bool = False
    delimiter: str | None = attrs.field(default=None, validator=_one_of(*DELIMITERS))
    decimal: str | None = attrs.field(default=None, validator=_one_of(".", ","))

    @property
    def style(self) -> TableStyle:
        """What is said of how a table is written."""
        return TableStyle(delimiter=self.delimiter or "", decimal=self.decimal or "")


@attrs.frozen(kw_only=True)
class ListImports:
    """Which page of the list."""

    cursor: str | None = None
    size: int = page_size(20)


class ImportReceipt(Shape):
    """An import that is on its way."""

    import_id: str
    status: str


class RowError(Shape):
    """A row that was not taken."""

    line: int
    pointer: str
    detail: str


class ImportSummary(ImportReceipt):
    """How far an import has come. With *dryRun* nothing is written."""

    rows: int
    created: int
    changed: int
    unchanged: int
    failed: int
    dry_run: bool
    created_at: Timestamp


class ItemImportPage(Shape):
    """A page of a seller's imports."""

    imports: list[ImportSummary]
    next_cursor: str | None


class ItemImport(ImportSummary):
    """How far an import has come: ``running``, or over as ``finished``, ``cancelled`` or
    ``failed``.

    The first 1,000 errors are listed; more of them: ``errorsTruncated``. ``rows`` counts an item
    once, however many rows it has, and each row that was refused. ``warnings`` are about rows that
    were taken: in a dry run they name what would be lost.
    """

    errors: list[RowError]
    errors_truncated: bool
    warnings: list[RowError]


@operation(
    "POST",
    "/item-imports",
    who=SELLER,
    answer=ImportReceipt,
    status=202,
    problems=(TooManyImports,),
    headers={
        "Location": "The import.",
        "X-Search-Token": "Shown to `GET /items`, a search waits for the rows of this import.",
    },
    stream=_BODIES,
)
async def import_items(
    query: ImportOptions,
    request: HttpRequest,
    caller: Account,
    imports: Imports,
    executor: BlockingExecutor,
    settings: Settings,
) -> Reply:
    """Import items: NDJSON, a JSON array or CSV, of any length.

    Also as `application/ndjson`, `application/jsonl` and `text/tab-separated-values`.

    A row is known by seller and SKU; its quantity counts only when it creates the item. What a row
    does not name stays as it is: a column or key that is not there changes nothing, an empty cell
    or ``null`` empties, and a variant goes only by ``"deleted": true``. Rows of one item may stand
    anywhere. The same file again changes nothing.
    """
    kind = _FORMATS[check_media(headers_of(request.scope), tuple(_FORMATS))]
    begin = partial(
        imports.begin, SellerId(caller.id), kind, dry_run=query.dry_run, style=query.style
    )
    upload = await executor.do(Runs.WORK, begin)
    try:
        async for piece in pieces(
            request,
            pause=settings.body_timeout.total_seconds(),
            total=settings.import_timeout.total_seconds(),
        ):
            if upload.add(piece):
                await executor.do(Runs.WORK, upload.store)
        job = await executor.do(Runs.WORK, upload.finish)
    except BaseException:  # no client knows its id: it would only look as if it were still running
        await executor.do(Runs.WORK, upload.give_up)
        raise
    headers = {"Location": f"/item-imports/{job.id}", "X-Search-Token": import_token(job.id)}
    return Reply(body=ImportReceipt(import_id=job.id, status=_status(job)), headers=headers)


@operation(
    "GET",
    "/item-imports",
    who=SELLER,
    answer=ItemImportPage,
    problems=(BadCursor,),
    runs=Runs.KEY_READ,
)
def own_imports(query: ListImports, caller: Account, imports: Imports) -> ItemImportPage:
    """The seller's imports, newest first; what came of each row is with the one import."""
    found = imports.own(SellerId(caller.id), query.cursor, query.size)
    return ItemImportPage(
        imports=[ImportSummary(**_summary(job)) for job in found.items],
        next_cursor=found.next_cursor,
    )


@operation(
    "GET",
    "/item-imports/{import_id}",
    who=SELLER,
    answer=ItemImport,
    problems=(ImportNotFound,),
    runs=Runs.KEY_READ,
)
def import_progress(import_id: str, caller: Account, imports: Imports) -> ItemImport:
    """How far one of the seller's imports has come."""
    job = imports.details(SellerId(caller.id), import_id)
    return ItemImport(
        **_summary(job),
        errors=[_row_error(e) for e in job.errors],
        errors_truncated=job.progress.errors_truncated,
        warnings=[_row_error(w) for w in job.warnings],
    )


@operation(
    "DELETE", "/item-imports/{import_id}", who=SELLER, status=204, problems=(ImportNotFound,)
)
def cancel_import(import_id: str, caller: Account, imports: Imports) -> None:
    """Cancel an import: no further row is taken, what is taken stays. One that is over stays as it
    is.
    """
    imports.cancel(SellerId(caller.id), import_id)


def _summary(job: CoreItemImport) -> dict[str, Any]:
    return {
        "import_id": job.id,
        "status": _status(job),
        **job.progress.counts,
        "dry_run": job.dry_run,
        "created_at": job.created_at,
    }


def _row_error(error: CoreRowError) -> RowError:
    return RowError(line=error.line, pointer=error.pointer, detail=error.detail)


def _status(job: CoreItemImport) -> str:
    return job.status.value if job.status.is_over else "running"
