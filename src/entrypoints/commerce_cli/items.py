"""`commerce import` and `commerce export`."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final, Literal

from cyclopts import Parameter

from commerce_cli.jobs import Wait, waiting
from commerce_cli.opening import open_shop, seller_of
from commerce_cli.output import AsJson, Output, Report, WrongCall
from commerce_core.catalog import ImportFormat, ImportStatus, ItemImport, TableStyle
from commerce_core.catalog.service.documents import written
from commerce_core.kernel.ids import SellerId
from commerce_core.search.service.find import import_token

if TYPE_CHECKING:
    from commerce_bootstrap.shop import Shop
    from commerce_core.accounts import Account

_PIECE: Final = 1 << 18
_ANY: Final = TableStyle()
_SUFFIXES: Final = {
    ".ndjson": ImportFormat.NDJSON,
    ".jsonl": ImportFormat.NDJSON,
    ".json": ImportFormat.JSON,
    ".csv": ImportFormat.CSV,
}
_TAKEN: Final = {**_SUFFIXES, ".tsv": ImportFormat.CSV}

File = Annotated[str, Parameter(allow_leading_hyphen=True)]
Seller = Annotated[str, Parameter(help="The e-mail address of the seller whose items they are.")]
Format = Annotated[
    Literal["ndjson", "json", "csv"] | None,
    Parameter(help="How the file is written; else by its suffix."),
]


def import_items(
    file: File,
    /,
    *,
    seller: Seller,
    format: Format = None,
    dry_run: Annotated[
        bool, Parameter(negative="", help="Check every row and write none.")
    ] = False,
    delimiter: Annotated[
        Literal[",", ";", "tab", "|"] | None,
        Parameter(help="The separator of cells; else it is read from the header."),
    ] = None,
    decimal: Annotated[
        Literal[".", ","] | None, Parameter(help="The decimal mark of prices and counts.")
    ] = None,
    json: AsJson = False,
) -> int:
    """Take the items in FILE into the catalogue and wait until they can be found; - is standard
    input.

    A row that cannot be taken is named with its line, the others are kept. What a row does not name
    stays as it is. The same file again changes nothing.
    """
    out = Output(as_json=json)
    kind = _format_of(file, format, _TAKEN)
    style = TableStyle(
        delimiter="\t" if delimiter == "tab" else delimiter or "", decimal=decimal or ""
    )
    with _opened(file) as source, open_shop() as shop:
        account = seller_of(shop, seller)
        job = take_in(
            shop,
            account,
            kind,
            _read(source),
            out,
            size=_size(source),
            dry_run=dry_run,
            style=style,
        )
    _print_report(job, out)
    return 0 if job.status is ImportStatus.FINISHED and not job.progress.failed else 1


def take_in(
    shop: "Shop",
    seller: "Account",
    kind: ImportFormat,
    pieces: Iterable[bytes],
    out: Output,
    *,
    size: int | None,
    dry_run: bool = False,
    style: TableStyle = _ANY,
) -> ItemImport:
    """Import a file, given in pieces of *size* bytes in all, and wait until its items can be found;
    the import when it is over.
    """
    with out.progress("reading", size) as report:
        job = shop.imports.take(
            SellerId(seller.id), kind, _counted(pieces, report), dry_run=dry_run, style=style
        )
    with waiting(shop) as wait, out.progress("importing", size) as report:
        job = _finished(shop, job, wait, report)
        if not dry_run:
            report(job.progress.offset, "waiting until the search finds them")
            wait(lambda: shop.searches.is_visible(import_token(job.id)))
    return job


def export_items(
    file: File,
    /,
    *,
    seller: Seller,
    format: Format = None,
    bom: Annotated[
        bool,
        Parameter(
            negative="", help="Begin with a byte order mark, by which spreadsheets know UTF-8."
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Write all items of a seller to FILE, as an import reads them back; - is standard output."""
    out = Output(as_json=json)
    kind = _format_of(file, format, _SUFFIXES)
    count = 0
    with open_shop() as shop:
        account = seller_of(shop, seller)

        def counted() -> Iterator[Any]:
            nonlocal count
            for view in shop.items.export(SellerId(account.id)):
                count += 1
                report(count, f"{count:,} items")
                yield view

        with out.progress("exporting") as report:
            if file == "-":
                sys.stdout.writelines(written(counted(), kind, bom=bom))
                sys.stdout.flush()
                return
            _write_atomically(Path(file), written(counted(), kind, bom=bom))
    out.say(f"{count:,} items are in {file}.")
    out.answer({"file": file, "items": count})


def _format_of(file: str, format: str | None, suffixes: Mapping[str, ImportFormat]) -> ImportFormat:
    if format is not None:
        return ImportFormat(format)
    kind = suffixes.get(Path(file).suffix.lower())
    if kind is None:
        raise WrongCall(f"the format of {file} is unknown: give --format ndjson, json or csv.")
    return kind


def _opened(file: str) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise WrongCall(f"{file} cannot be read: {error.strerror}.") from error


def _size(source: BinaryIO) -> int | None:
    return os.fstat(source.fileno()).st_size if source.seekable() else None


def _read(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(_PIECE):
        yield piece


def _counted(pieces: Iterable[bytes], report: Report) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        report(total, f"{total / 1e6:,.1f} MB")
        yield piece


def _finished(shop: "Shop", job: ItemImport, wait: Wait, report: Report) -> ItemImport:
    def over() -> bool:
        nonlocal job
        job = shop.imports.details(job.seller_id, job.id)
        report(
            job.progress.offset, f"{job.progress.rows:,} rows, {job.progress.failed:,} not taken"
        )
        return job.status.is_over

    wait(over)
    return job


def _print_report(job: ItemImport, out: Output) -> None:
    p = job.progress
    for error in job.errors:
        out.say(f"line {error.line}{f' {error.pointer}' if error.pointer else ''}: {error.detail}")
    for warning in job.warnings:
        out.say(
            f"line {warning.line}{f' {warning.pointer}' if warning.pointer else ''}: "
            f"{warning.detail} (a warning)"
        )
    if p.errors_truncated:
        out.say("and more, which are only counted")
    would = "would be " if job.dry_run else ""
    out.say(
        f"{p.rows:,} rows: {p.created:,} {would}created, {p.changed:,} {would}changed, "
        f"{p.unchanged:,} unchanged, {p.failed:,} not taken."
    )
    counts = {
        "rows": p.rows,
        "created": p.created,
        "changed": p.changed,
        "unchanged": p.unchanged,
        "failed": p.failed,
    }
    errors = [{"line": e.line, "pointer": e.pointer, "detail": e.detail} for e in job.errors]
    head = {"importId": job.id, "status": job.status.value, "dryRun": job.dry_run}
    warnings = [{"line": w.line, "pointer": w.pointer, "detail": w.detail} for w in job.warnings]
    out.answer(
        head
        | counts
        | {"errors": errors, "errorsTruncated": p.errors_truncated, "warnings": warnings}
    )


def _write_atomically(path: Path, pieces: Iterator[str]) -> None:
    """Either all of it or nothing stands at *path*."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
    except OSError as error:
        raise WrongCall(f"{path} cannot be written: {error.strerror}.") from error
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as target:
            target.writelines(pieces)
        part.replace(path)
    except BaseException:
        part.unlink()
        raise
