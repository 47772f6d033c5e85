"""Items, and what carts read of them, in SQL."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from commerce_core.catalog import (
    Item,
    ItemRepository,
    ItemStatus,
    ItemType,
    Offer,
    Offers,
    SkuTaken,
    Variant,
)
from commerce_core.kernel.ids import ItemId, SellerId, SkuId
from commerce_core.kernel.metadata import NO_METADATA
from commerce_core.kernel.money import Money
from commerce_core.kernel.transaction import Transaction
from commerce_sqlalchemy.rows import Given, insert_many, one_by_one, slices
from commerce_sqlalchemy.tables import Id, Instant, Json, item, variant
from commerce_sqlalchemy.transaction import connection


class SqlItemRepository(ItemRepository):
    """The item repository on SQLite and PostgreSQL. Any number of items is read in two
    statements.
    """

    def insert(
        self, tx: Transaction, items: Sequence[Item], keys: Mapping[ItemId, tuple[str, str]]
    ) -> None:
        try:
            insert_many(
                connection(tx), item, [_item_row(i, *keys.get(i.id, (None, None))) for i in items]
            )
        except IntegrityError as error:
            raise SkuTaken("the seller has an item with this SKU, or has used this key") from error
        insert_many(connection(tx), variant, [row for i in items for row in _variant_rows(i)])

    def load(self, tx: Transaction, item_ids: Sequence[ItemId]) -> Mapping[ItemId, Item]:
        return {
            i.id: i for i in self._with_forms(tx, _ITEMS.run(connection(tx), one_by_one(item_ids)))
        }

    def by_sku(
        self, tx: Transaction, skus: Sequence[tuple[SellerId, str]]
    ) -> Mapping[tuple[SellerId, str], Item]:
        found = self._with_forms(tx, _BY_SKU.run(connection(tx), sorted(set(skus))))
        return {(i.seller_id, i.sku): i for i in found}

    def made_with(self, tx: Transaction, seller_id: SellerId, key: str) -> tuple[Item, str] | None:
        made = sa.select(item).where(item.c.seller_id == seller_id, item.c.idem_key == key)
        row = connection(tx).execute(made).first()
        return (self._read(tx, made)[0], row.idem_digest) if row is not None else None

    def owners_of(self, tx: Transaction, sku_ids: Sequence[SkuId]) -> Sequence[ItemId]:
        owners = (
            sa.select(variant.c.item_id)
            .where(variant.c.sku_id.in_(sku_ids))
            .distinct()
            .order_by(variant.c.item_id)
        )
        return [ItemId(item_id) for item_id in connection(tx).execute(owners).scalars()]

    def update(self, tx: Transaction, changes: Sequence[tuple[int, Item]]) -> Sequence[ItemId]:
        written: set[str] = set()
        for some in slices(sorted(changes, key=lambda change: change[1].id)):
            written |= self._write_over(tx, some)
        # No row refers to a form's row but by its sku_id, so that the forms can be written anew.
        if written:
            connection(tx).execute(sa.delete(variant).where(variant.c.item_id.in_(sorted(written))))
            insert_many(
                connection(tx),
                variant,
                [row for _, i in changes if i.id in written for row in _variant_rows(i)],
            )
        return [i.id for _, i in changes if i.id in written]

    def page(
        self, tx: Transaction, seller_id: SellerId | None, after: ItemId | None, limit: int
    ) -> Sequence[Item]:
        statement = (
            sa.select(item).where(item.c.id > (after or "")).order_by(item.c.id).limit(limit)
        )
        if seller_id is not None:
            statement = statement.where(item.c.seller_id == seller_id)
        return self._read(tx, statement)

    def latest(
        self,
        tx: Transaction,
        seller_id: SellerId,
        status: ItemStatus | None,
        before: ItemId | None,
        limit: int,
    ) -> Sequence[Item]:
        wanted = [item.c.seller_id == seller_id]
        if status is not None:
            wanted.append(item.c.status == status.value)
        if before is not None:
            wanted.append(item.c.id < before)
        return self._read(
            tx, sa.select(item).where(*wanted).order_by(item.c.id.desc()).limit(limit)
        )

    def sells(self, tx: Transaction, seller_id: SellerId) -> bool:
        on_sale = sa.and_(item.c.seller_id == seller_id, item.c.status == ItemStatus.ACTIVE.value)
        found = sa.select(item.c.id).where(on_sale).limit(1)
        return connection(tx).execute(found).first() is not None

    def _write_over(self, tx: Transaction, changes: Sequence[tuple[int, Item]]) -> set[str]:
        try:
            return {
                row.id
                for row in _WRITE_OVER.run(
                    connection(tx), [_change_row(*change) for change in changes]
                )
            }
        except IntegrityError as error:
            raise SkuTaken("the seller has another item with this SKU") from error

    def _read(self, tx: Transaction, statement: "sa.Select[Any]") -> list[Item]:
        return self._with_forms(tx, connection(tx).execute(statement).all())

    def _with_forms(self, tx: Transaction, rows: Sequence[Any]) -> list[Item]:
        forms: dict[str, list[Variant]] = {row.id: [] for row in rows}
        for row in _FORMS.run(connection(tx), one_by_one(forms)):
            forms[row.item_id].append(_variant(row))
        return [_item(row, forms[row.id]) for row in rows]


class SqlOffers(Offers):
    """What carts read of items: one join by key, and no document is opened for it."""

    def by_item(
        self, tx: Transaction, item_ids: Sequence[ItemId]
    ) -> Mapping[ItemId, Sequence[Offer]]:
        found: dict[ItemId, list[Offer]] = {}
        for row in _OFFERS_OF.run(connection(tx), one_by_one(item_ids)):
            found.setdefault(row.item_id, []).append(_offer(row))
        return found

    def by_sku(self, tx: Transaction, sku_ids: Sequence[SkuId]) -> Mapping[SkuId, Offer]:
        return {
            row.sku_id: _offer(row) for row in _OFFERS_AS.run(connection(tx), one_by_one(sku_ids))
        }


_LISTS: Final = ("tags", "images", "gtins")
_FREE: Final = ("specifications", "attributes", "source")
_CHANGE_COLUMNS: Final[Mapping[str, Any]] = {
    "id": Id, "was": sa.BigInteger(), "sku": sa.Text(), "type": sa.Text(), "status": sa.Text(),
    "name": sa.Text(), "brand": sa.Text(),
    "category": sa.Text(), "description": sa.Text(), "content": Json, "version": sa.BigInteger(),
    "updated_at": Instant(), "tax_class": sa.Text(), "weight": sa.BigInteger(),
}  # fmt: skip
#: Simple items have none: what carts read of them holds no JSON.
_OPTIONS: Final = sa.case((variant.c.variant_id.is_not(None), variant.c.content["options"])).label(
    "options"
)
_OFFERS: Final = sa.select(
    variant.c.sku_id, variant.c.item_id, variant.c.variant_id, variant.c.price_minor,
    variant.c.currency, variant.c.image,
    _OPTIONS, item.c.seller_id, item.c.sku, item.c.name, item.c.status,
    item.c.brand, item.c.category, item.c.tax_class,
    sa.func.coalesce(variant.c.weight, item.c.weight).label("weight"),
).select_from(variant.join(item, item.c.id == variant.c.item_id))  # fmt: skip


_IN_ORDER: Final = (variant.c.item_id, variant.c.position)
_ITEMS: Final = Given(lambda d: sa.select(item).where(item.c.id == d.id), id=Id)
_BY_SKU: Final = Given(
    lambda d: sa.select(item).where(item.c.seller_id == d.seller_id, item.c.sku == d.sku),
    seller_id=Id,
    sku=sa.Text(),
)
_FORMS: Final = Given(
    lambda d: sa.select(variant).where(variant.c.item_id == d.item_id).order_by(*_IN_ORDER),
    item_id=Id,
)
_OFFERS_OF: Final = Given(
    lambda d: _OFFERS.where(variant.c.item_id == d.item_id).order_by(*_IN_ORDER), item_id=Id
)
_OFFERS_AS: Final = Given(lambda d: _OFFERS.where(variant.c.sku_id == d.sku_id), sku_id=Id)
_WRITE_OVER: Final = Given(
    lambda d: (
        sa.update(item)
        .where(item.c.id == d.id, item.c.version == d.was)
        .values({name: d[name] for name in _CHANGE_COLUMNS if name not in ("id", "was")})
        .returning(item.c.id)
    ),
    **_CHANGE_COLUMNS,
)


def _item_row(i: Item, idem_key: str | None, idem_digest: str | None) -> dict[str, Any]:
    kept = {
        "idem_key": idem_key,
        "idem_digest": idem_digest,
        "created_at": i.created_at,
        "seller_id": i.seller_id,
    }
    row = dict(zip(_CHANGE_COLUMNS, _change_row(0, i), strict=True)) | kept
    del row["was"]
    return row


def _change_row(was: int, i: Item) -> tuple[Any, ...]:
    content = {name: list(getattr(i, name)) for name in _LISTS} | {
        name: dict(getattr(i, name)) for name in _FREE
    }
    if i.metadata:
        content["metadata"] = dict(i.metadata)
    return (
        i.id, was, i.sku, i.type.value, i.status.value, i.name, i.brand, i.category, i.description,
        content, i.version, i.updated_at, i.tax_class or None, i.weight,
    )  # fmt: skip


def _variant_rows(i: Item) -> list[dict[str, Any]]:
    return [
        {
            "sku_id": v.sku_id,
            "item_id": i.id,
            "position": position,
            "variant_id": v.variant_id,
            "price_minor": v.price.minor,
            "currency": v.price.currency,
            "image": next(iter(v.images or i.images), None),
            "content": {
                "options": dict(v.options),
                "images": list(v.images),
                "gtins": list(v.gtins),
            },
            "weight": v.weight,
        }
        for position, v in enumerate(i.variants)
    ]


def _item(row: Any, forms: Sequence[Variant]) -> Item:
    content = row.content
    return Item(
        id=row.id,
        seller_id=row.seller_id,
        sku=row.sku,
        type=ItemType(row.type),
        status=ItemStatus(row.status),
        name=row.name,
        description=row.description,
        brand=row.brand,
        category=row.category,
        tags=tuple(content["tags"]),
        images=tuple(content["images"]),
        gtins=tuple(content["gtins"]),
        specifications=content["specifications"],
        attributes=content["attributes"],
        variants=tuple(forms),
        tax_class=row.tax_class or "",
        weight=row.weight,
        metadata=content.get("metadata", NO_METADATA),
        source=content["source"],
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _variant(row: Any) -> Variant:
    return Variant(
        sku_id=row.sku_id,
        variant_id=row.variant_id,
        price=Money(row.price_minor, row.currency),
        options=row.content["options"],
        images=tuple(row.content["images"]),
        gtins=tuple(row.content["gtins"]),
        weight=row.weight,
    )


def _offer(row: Any) -> Offer:
    return Offer(
        sku_id=row.sku_id,
        item_id=row.item_id,
        variant_id=row.variant_id,
        seller_id=row.seller_id,
        sku=row.sku,
        name=row.name,
        options=row.options or {},
        image=row.image,
        price=Money(row.price_minor, row.currency),
        on_sale=row.status == ItemStatus.ACTIVE.value,
        brand=row.brand,
        category=row.category,
        tax_class=row.tax_class or "",
        weight=row.weight,
    )
