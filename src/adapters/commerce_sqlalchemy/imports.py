"""Imports and their rows in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from commerce_core.catalog import (
    ImportFormat,
    ImportQueue,
    ImportStatus,
    ItemImport,
    Progress,
    RowError,
    RowSum,
    SetAside,
    TableStyle,
)
from commerce_core.kernel.codec import from_data, to_data
from commerce_core.kernel.ids import ImportId, SellerId
from commerce_core.kernel.transaction import Transaction
from commerce_sqlalchemy.leases import moments, unheld
from commerce_sqlalchemy.rows import Given, insert_many, insert_or_add
from commerce_sqlalchemy.tables import (
    Id,
    import_aside,
    import_chunk,
    import_sku,
    import_sum,
    item_import,
)
from commerce_sqlalchemy.transaction import connection


class SqlImportQueue(ImportQueue):
    """Imports and their bytes on SQLite and PostgreSQL."""

    def insert(self, tx: Transaction, job: ItemImport) -> None:
        row = {
            "id": job.id,
            "seller_id": job.seller_id,
            "format": job.format.value,
            "dry_run": job.dry_run,
            "created_at": job.created_at,
            "fence": job.fence,
            "lease_until": None,
            "style": to_data(job.style),
            "claims": job.claims,
            "turn": connection(tx).execute(sa.select(_LATEST_TURN)).scalar_one(),
        }
        insert_many(connection(tx), item_import, [row | _state_columns(job)])

    def append(self, tx: Transaction, import_id: ImportId, no: int, data: bytes) -> None:
        insert_many(
            connection(tx), import_chunk, [{"import_id": import_id, "no": no, "data": data}]
        )

    def chunk(self, tx: Transaction, import_id: ImportId, no: int) -> bytes | None:
        c = import_chunk.c
        data: bytes | None = (
            connection(tx)
            .execute(sa.select(c.data).where(c.import_id == import_id, c.no == no))
            .scalar()
        )
        return data

    def load(self, tx: Transaction, import_id: ImportId) -> ItemImport | None:
        row = (
            connection(tx)
            .execute(sa.select(item_import).where(item_import.c.id == import_id))
            .first()
        )
        return _import(row) if row is not None else None

    def open_imports(self, tx: Transaction, seller_id: SellerId) -> Mapping[ImportId, int]:
        c = item_import.c
        kept = sa.select(sa.func.count()).where(import_chunk.c.import_id == c.id).scalar_subquery()
        found = sa.select(c.id, kept.label("chunks")).where(
            c.seller_id == seller_id, c.status.in_(_OPEN)
        )
        return {ImportId(row.id): row.chunks for row in connection(tx).execute(found)}

    def claim(self, tx: Transaction, now: datetime, lease_until: datetime) -> ItemImport | None:
        at = moments(now, lease_until)
        next_one = connection(tx).execute(_NEXT, at).first()
        if next_one is None:
            return None
        c = item_import.c
        taken = connection(tx).execute(
            sa.update(item_import)
            .where(c.id == next_one.id, c.fence == next_one.fence, _FREE)
            .values(
                fence=c.fence + 1,
                lease_until=lease_until,
                claims=sa.func.coalesce(c.claims, 0) + 1,
                turn=_LATEST_TURN + 1,
            )
            .returning(*c),
            at,
        )
        row = taken.first()
        return _import(row) if row is not None else None

    def renew(self, tx: Transaction, job: ItemImport, lease_until: datetime) -> bool:
        held = sa.and_(item_import.c.id == job.id, item_import.c.fence == job.fence)
        renewed = (
            sa.update(item_import)
            .where(held)
            .values(lease_until=lease_until)
            .returning(item_import.c.id)
        )
        return connection(tx).execute(renewed).first() is not None

    def save(self, tx: Transaction, job: ItemImport, lease_until: datetime | None) -> bool:
        c = item_import.c
        saved = connection(tx).execute(
            sa.update(item_import)
            .where(c.id == job.id, c.fence == job.fence)
            .values(**_state_columns(job), lease_until=lease_until, claims=0)
            .returning(c.id)
        )
        if saved.first() is None:
            return False
        if job.status.is_over:
            self._forget_bytes(tx, sa.select(sa.literal(job.id, Id)))
        return True

    def cancel(self, tx: Transaction, import_id: ImportId, at: datetime) -> bool:
        c = item_import.c
        ended = connection(tx).execute(
            sa.update(item_import)
            .where(c.id == import_id, c.status.in_(_OPEN))
            .values(status=ImportStatus.CANCELLED.value, fence=c.fence + 1, finished_at=at)
            .returning(c.id)
        )
        if ended.first() is None:
            return False
        self._forget_bytes(tx, sa.select(sa.literal(import_id, Id)))
        return True

    def note_skus(self, tx: Transaction, import_id: ImportId, sums: Mapping[str, RowSum]) -> None:
        rows = [
            {"import_id": import_id, "sku": sku, "rows": found.rows, "size": found.size}
            for sku, found in sorted(sums.items())
        ]
        insert_or_add(
            connection(tx), import_sum, rows, key=("import_id", "sku"), added=("rows", "size")
        )

    def several(
        self, tx: Transaction, import_id: ImportId, skus: Sequence[str]
    ) -> Mapping[str, RowSum]:
        found = _SEVERAL.run(connection(tx), [(import_id, sku) for sku in dict.fromkeys(skus)])
        return {row.sku: RowSum(rows=row.rows, size=row.size) for row in found}

    def set_aside(self, tx: Transaction, import_id: ImportId, rows: Sequence[SetAside]) -> None:
        kept = [
            {
                "import_id": import_id,
                "sku": r.sku,
                "line": r.line,
                "place": r.place,
                "size": len(r.raw),
                "raw": r.raw,
            }
            for r in rows
        ]
        insert_many(connection(tx), import_aside, kept)

    def joined(
        self, tx: Transaction, import_id: ImportId, after: str, most_rows: int, most_bytes: int
    ) -> Sequence[SetAside]:
        c = import_aside.c
        behind = sa.and_(c.import_id == import_id, c.sku > after)
        sums = sa.select(c.sku, sa.func.count().label("rows"), sa.func.sum(c.size).label("size"))
        within: list[str] = []
        for row in connection(tx).execute(
            sums.where(behind).group_by(c.sku).order_by(c.sku).limit(most_rows)
        ):
            most_rows, most_bytes = most_rows - row.rows, most_bytes - row.size
            if within and (most_rows < 0 or most_bytes < 0):
                break
            within.append(row.sku)
        if not within:
            return []
        rows = (
            sa.select(c.sku, c.line, c.place, c.raw)
            .where(behind, c.sku <= within[-1])
            .order_by(c.sku, c.place)
        )
        return [
            SetAside(sku=row.sku, line=row.line, place=row.place, raw=row.raw)
            for row in connection(tx).execute(rows)
        ]

    def drop_ended(self, tx: Transaction, before: datetime, limit: int) -> int:
        c = item_import.c
        ended = (
            sa.select(c.id)
            .where(c.status.in_(_ENDED), c.created_at < before, c.finished_at < before)
            .order_by(c.created_at)
            .limit(limit)
        )
        ids = connection(tx).execute(ended).scalars().all()
        if ids:
            connection(tx).execute(sa.delete(item_import).where(c.id.in_(ids)))
        return len(ids)

    def drop_received_before(self, tx: Transaction, before: datetime) -> int:
        return self._drop_received(tx, item_import.c.created_at < before)

    def drop_received(self, tx: Transaction, import_id: ImportId) -> bool:
        return self._drop_received(tx, item_import.c.id == import_id) > 0

    def of_seller(
        self, tx: Transaction, seller_id: SellerId, after: ImportId | None, limit: int
    ) -> Sequence[ItemImport]:
        c = item_import.c
        mine = sa.and_(c.seller_id == seller_id, c.id > (after or ""))
        page = sa.select(item_import).where(mine).order_by(c.id).limit(limit)
        return [_import(row) for row in connection(tx).execute(page)]

    def latest(
        self, tx: Transaction, seller_id: SellerId, before: ImportId | None, limit: int
    ) -> Sequence[ItemImport]:
        c = item_import.c
        wanted = [c.seller_id == seller_id, *([c.id < before] if before else ())]
        page = sa.select(item_import).where(*wanted).order_by(c.id.desc()).limit(limit)
        return [_import(row) for row in connection(tx).execute(page)]

    def forget_of(self, tx: Transaction, seller_id: SellerId, limit: int) -> int:
        ids = [job.id for job in self.of_seller(tx, seller_id, None, limit)]
        if ids:
            self._forget_bytes(tx, sa.select(item_import.c.id).where(item_import.c.id.in_(ids)))
            connection(tx).execute(sa.delete(item_import).where(item_import.c.id.in_(ids)))
        return len(ids)

    def _drop_received(self, tx: Transaction, which: "sa.ColumnElement[bool]") -> int:
        c = item_import.c
        stopped = sa.and_(c.status == ImportStatus.RECEIVING.value, which)
        self._forget_bytes(tx, sa.select(c.id).where(stopped))
        return len(
            connection(tx).execute(sa.delete(item_import).where(stopped).returning(c.id)).all()
        )

    def _forget_bytes(self, tx: Transaction, import_ids: "sa.Select[Any]") -> None:
        for kept in (import_chunk, import_sku, import_sum, import_aside):
            connection(tx).execute(sa.delete(kept).where(kept.c.import_id.in_(import_ids)))


_OPEN: Final = (ImportStatus.RECEIVING.value, ImportStatus.RUNNING.value)
_EARLIER: Final = item_import.alias("earlier")
#: Another import of the same seller is older and not over: a file that was sent later is taken
#: later.
_BEHIND_ANOTHER: Final = sa.exists().where(
    _EARLIER.c.seller_id == item_import.c.seller_id,
    _EARLIER.c.status == ImportStatus.RUNNING.value,
    sa.or_(
        _EARLIER.c.created_at < item_import.c.created_at,
        sa.and_(
            _EARLIER.c.created_at == item_import.c.created_at, _EARLIER.c.id < item_import.c.id
        ),
    ),
)
_FREE: Final = sa.and_(
    item_import.c.status == ImportStatus.RUNNING.value, unheld(item_import.c.lease_until)
)
#: Looked for again and again while there is nothing to do.
_NEXT: Final = (
    sa.select(item_import.c.id, item_import.c.fence)
    .where(_FREE, ~_BEHIND_ANOTHER)
    .order_by(sa.func.coalesce(item_import.c.turn, 0), item_import.c.created_at, item_import.c.id)
    .limit(1)
)
_SERVED: Final = item_import.alias("served")
_LATEST_TURN: Final = (
    sa.select(sa.func.coalesce(sa.func.max(_SERVED.c.turn), 0))
    .where(_SERVED.c.status == ImportStatus.RUNNING.value)
    .scalar_subquery()
)
_SEVERAL: Final = Given(
    lambda d: sa.select(import_sum.c.sku, import_sum.c.rows, import_sum.c.size).where(
        import_sum.c.import_id == d.import_id, import_sum.c.sku == d.sku, import_sum.c.rows > 1
    ),
    import_id=Id,
    sku=sa.Text(),
)
_ENDED: Final = tuple(status.value for status in ImportStatus if status.is_over)


def _state_columns(job: ItemImport) -> dict[str, Any]:
    return {
        "status": job.status.value,
        "progress": to_data(job.progress),
        "errors": to_data(job.errors),
        "warnings": to_data(job.warnings),
        "finished_at": job.finished_at,
    }


def _import(row: Any) -> ItemImport:
    return ItemImport(
        id=row.id,
        seller_id=row.seller_id,
        format=ImportFormat(row.format),
        dry_run=bool(row.dry_run),
        status=ImportStatus(row.status),
        progress=from_data(row.progress, Progress),
        style=from_data(row.style or {}, TableStyle),
        errors=tuple(from_data(error, RowError) for error in row.errors),
        warnings=tuple(from_data(warning, RowError) for warning in row.warnings or ()),
        created_at=row.created_at,
        finished_at=row.finished_at,
        fence=row.fence,
        claims=row.claims or 0,
    )
