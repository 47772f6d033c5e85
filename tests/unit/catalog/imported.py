"""What the tests of tables import, and what they find afterwards."""

from commerce_core.catalog import ImportFormat, ItemImport, Progress, TableStyle
from commerce_core.catalog.service.files import read_rows
from commerce_core.catalog.service.rows import Row
from commerce_core.kernel.ids import SellerId
from commerce_testkit.memory.shop import MemoryShop

ANY, COMMA, POINT = (
    TableStyle(),
    TableStyle(decimal=",", sure=True),
    TableStyle(decimal=".", sure=True),
)

SELLER = SellerId("seller")
CSV = ImportFormat.CSV


def take(
    shop: MemoryShop, data: str | bytes, style: TableStyle = ANY, *, limit: int = 100
) -> ItemImport:
    raw = data.encode() if isinstance(data, str) else data
    job = shop.imports.take(SELLER, CSV, [raw], style=style)
    while shop.importer.run_once(limit):
        pass
    return shop.imports.details(SELLER, job.id)


def stock(shop: MemoryShop) -> dict[str, tuple[str, int]]:
    return {
        view.item.sku: (view.item.price.amount, view.stock) for view in shop.items.export(SELLER)
    }


def rows(data: str | bytes) -> list[Row]:
    raw = data.encode() if isinstance(data, str) else data
    return list(read_rows(CSV, Progress(), lambda offset: raw[offset:]))
