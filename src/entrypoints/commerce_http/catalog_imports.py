"""Imports: files of items of any length, kept chunk by chunk as they arrive."""

from functools import partial
from typing import Any, Final

import attrs

from commerce_core.accounts import Account
from commerce_core.catalog import ImportFormat, ImportNotFound, ImportStatus, ItemImport
from commerce_core.catalog.service.imports import CHUNK, Imports
from commerce_core.kernel.ids import ImportId, SellerId
from commerce_core.search.service.find import import_token
from commerce_http.answers import Reply, Shape
from commerce_http.auth import SELLER
from commerce_http.body import check_media, pieces
from commerce_http.catalog import Bell
from commerce_http.dependencies import HttpRequest
from commerce_http.desk import Desk
from commerce_http.operations import Runs, operation

_FORMATS: Final = {
    "application/x-ndjson": ImportFormat.NDJSON,
    "application/ndjson": ImportFormat.NDJSON,
    "application/jsonl": ImportFormat.NDJSON,
    "application/json": ImportFormat.JSON,
    "text/csv": ImportFormat.CSV,
}
_LINES: Final = {"description": "One row a line, each an item as in `POST /items`, or a stored document."}
_ROWS: Final = {"description": "An array of items as in `POST /items`, or stored documents."}
_TABLE: Final = {"description": "One row a variant, dotted headers (`attributes.material`), JSON for lists."}
_BODIES: Final[dict[str, Any]] = {
    media: {ImportFormat.NDJSON: _LINES, ImportFormat.JSON: _ROWS, ImportFormat.CSV: _TABLE}[kind] for media, kind in _FORMATS.items()
}


@attrs.frozen(kw_only=True)
class HowToImport:
    """With ``dryRun`` rows are looked at and nothing is written."""

    dry_run: bool = False


class ImportBegunOut(Shape):
    """An import that is on its way."""

    import_id: str
    status: str


class RowErrorOut(Shape):
    """A row that was not taken."""

    line: int
    pointer: str
    detail: str


class ImportOut(ImportBegunOut):
    """How far an import has come. The first 1,000 errors are told; more of them: ``errorsTruncated``."""

    rows: int
    created: int
    changed: int
    unchanged: int
    failed: int
    errors: list[RowErrorOut]
    errors_truncated: bool


@operation(
    "POST",
    "/item-imports",
    who=SELLER,
    answer=ImportBegunOut,
    status=202,
    headers={"Location": "The import.", "X-Search-Token": "Shown to `GET /items`, a search waits for the rows of this import."},
    stream=_BODIES,
)
async def import_items(query: HowToImport, request: HttpRequest, caller: Account, imports: Imports, work: Bell, desk: Desk) -> Reply:
    """Import items: NDJSON, a JSON array or CSV, of any length.

    A row is known by seller and SKU; its quantity counts only when it creates the item. The same file again changes nothing.
    """
    kind = _FORMATS[check_media(request.headers, tuple(_FORMATS))]
    begin = partial(imports.begin, SellerId(caller.id), kind, dry_run=query.dry_run)
    job = await desk.do(Runs.WORK, begin)
    try:
        await _keep(request, job.id, imports, desk)
    except BaseException:  # nobody has been told of it: it would only look as if it were still running
        await desk.do(Runs.WORK, imports.give_up, job.id)
        raise
    job = await desk.do(Runs.WORK, imports.received, job)
    work.ring()
    headers = {"Location": f"/item-imports/{job.id}", "X-Search-Token": import_token(job.id)}
    return Reply(body=ImportBegunOut(import_id=job.id, status=_status(job)), headers=headers)


@operation("GET", "/item-imports/{import_id}", who=SELLER, answer=ImportOut, problems=(ImportNotFound,), runs=Runs.KEY_READ)
def import_progress(import_id: str, caller: Account, imports: Imports) -> ImportOut:
    """How far one of the seller's imports has come."""
    job = imports.details(SellerId(caller.id), import_id)
    progress = job.progress
    return ImportOut(
        import_id=job.id,
        status=_status(job),
        rows=progress.rows,
        created=progress.created,
        changed=progress.changed,
        unchanged=progress.unchanged,
        failed=progress.failed,
        errors=[RowErrorOut(line=e.line, pointer=e.pointer, detail=e.detail) for e in job.errors],
        errors_truncated=progress.errors_truncated,
    )


async def _keep(request: HttpRequest, import_id: ImportId, imports: Imports, desk: Desk) -> None:
    """Write the body down in chunks of the one size that importers count on; no more than two of them are ever in memory."""
    held = bytearray()
    no = 0
    async for piece in pieces(request):
        held += piece
        while len(held) >= CHUNK:
            await desk.do(Runs.WORK, imports.append, import_id, no, bytes(held[:CHUNK]))
            del held[:CHUNK]
            no += 1
    if held:
        await desk.do(Runs.WORK, imports.append, import_id, no, bytes(held))


def _status(job: ItemImport) -> str:
    return "finished" if job.status is ImportStatus.FINISHED else "running"
