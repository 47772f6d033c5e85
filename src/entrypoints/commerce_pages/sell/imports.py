"""Files of items: tried first, then taken in, with a report on each row."""

from typing import Final

from commerce_core.catalog import ImportFormat, ImportStatus, ItemImport
from commerce_core.catalog.service.imports import Upload
from commerce_core.kernel.errors import CommerceError, Invalid
from commerce_core.kernel.ids import SellerId
from commerce_http.catalog.imports import ImportOptions, ListImports
from commerce_http.web.auth import SELLER
from commerce_http.web.errors import status_of
from commerce_http.web.operations import Runs
from commerce_http.web.query import QueryReader
from commerce_pages.web.forms import FormState
from commerce_pages.web.pages import Answer, Desk, page
from commerce_pages.web.refusals import words_of
from commerce_pages.web.rendering import redirect
from commerce_pages.web.uploads import SentFile, sent_file
from commerce_pages.web.visits import Visit

#: By the ending of a file's name.
FORMATS: Final = {
    "csv": ImportFormat.CSV, "tsv": ImportFormat.CSV, "txt": ImportFormat.CSV,
    "json": ImportFormat.JSON, "ndjson": ImportFormat.NDJSON, "jsonl": ImportFormat.NDJSON,
}  # fmt: skip
_CALLED: Final = {
    ImportStatus.RECEIVING: "being received",
    ImportStatus.RUNNING: "under way",
    ImportStatus.FINISHED: "finished",
    ImportStatus.CANCELLED: "cancelled",
    ImportStatus.FAILED: "failed",
}


def called(job: ItemImport) -> str:
    """How an import stands."""
    return _CALLED[job.status]


@page("GET", "/sell/imports", part="sell", who=SELLER)
def import_list(visit: Visit, desk: Desk) -> Answer:
    """The seller's imports, newest first, and where to begin another one."""
    return _listed(visit, desk)


@page("POST", "/sell/imports", part="sell", who=SELLER, takes_file=True)
async def begin_import(visit: Visit, desk: Desk) -> Answer:
    """Take in the file of the form; with ``dryRun`` in the address it is only tried."""
    try:
        options: ImportOptions = QueryReader(ImportOptions, desk.currency).read(visit.query)
        settings = desk.shop.settings
        file = await sent_file(
            visit.request,
            pause=settings.body_timeout.total_seconds(),
            total=settings.import_timeout.total_seconds(),
        )
        job = await _taken(visit, desk, file, options)
    except CommerceError as error:
        return await desk.executor.do(Runs.WORK, _listed, visit, desk, error)
    return redirect(f"/sell/imports/{job.id}")


@page("GET", "/sell/imports/{import_id}", part="sell", who=SELLER)
def import_report(visit: Visit, desk: Desk) -> Answer:
    """How far an import has come, and which rows were refused, and why."""
    job = desk.shop.imports.details(SellerId(visit.holder.id), visit.named("import_id"))
    return desk.pages.draw("sell/import.html", visit, job=job, called=called(job))


@page("POST", "/sell/imports/{import_id}/cancel", part="sell", who=SELLER)
def cancel_import(visit: Visit, desk: Desk) -> Answer:
    """Take no further row of it; repeating it changes nothing."""
    import_id = visit.named("import_id")
    desk.shop.imports.cancel(SellerId(visit.holder.id), import_id)
    return redirect(f"/sell/imports/{import_id}")


async def _taken(visit: Visit, desk: Desk, file: SentFile, options: ImportOptions) -> ItemImport:
    """The import of *file*, all of whose bytes are in."""
    kind = FORMATS.get(file.name.rpartition(".")[2].lower())
    if kind is None:
        raise Invalid.at("/file", f"must end with {', '.join(f'.{ending}' for ending in FORMATS)}")
    do = desk.executor.do
    upload = await do(Runs.WORK, _begun, visit, desk, kind, options)
    try:
        async for piece in file.content:
            if upload.add(piece):
                await do(Runs.WORK, upload.store)
        return await do(Runs.WORK, upload.finish)
    except BaseException:  # nobody would see it come any further
        await do(Runs.WORK, upload.give_up)
        raise


def _begun(visit: Visit, desk: Desk, kind: ImportFormat, options: ImportOptions) -> Upload:
    return desk.shop.imports.begin(
        SellerId(visit.holder.id), kind, dry_run=options.dry_run, style=options.style
    )


def _listed(visit: Visit, desk: Desk, error: CommerceError | None = None) -> Answer:
    query = b"" if error else visit.query
    wanted: ListImports = QueryReader(ListImports, desk.currency).read(query)
    found = desk.shop.imports.own(SellerId(visit.holder.id), wanted.cursor, wanted.size)
    return desk.pages.draw(
        "sell/imports.html",
        visit,
        status=status_of(type(error)) if error else 200,
        jobs=found.items,
        next_page=None if error else visit.going_on(found.next_cursor),
        called=called,
        form=FormState.refused(visit.form, error) if error else FormState(),
        words=words_of(error) if error else None,
    )
