"""How many imports a seller may have open, and how large, is a setting."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from commerce_bootstrap.container import build_shop
from commerce_bootstrap.settings import Settings
from commerce_bootstrap.shop import Shop
from commerce_core.catalog import ImportFormat, TooManyImports
from commerce_core.catalog.service.imports import CHUNK
from commerce_core.kernel.ids import SellerId

SELLER = SellerId("seller")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    settings = Settings.in_folder(tmp_path, imports_per_seller=2, import_megabytes_per_seller=1)
    shop = build_shop(settings)
    try:
        yield shop
    finally:
        shop.close()


def test_39_a_seller_has_as_many_imports_open_as_the_setting_says(shop: Shop) -> None:
    for _ in range(2):
        shop.imports.begin(SELLER, ImportFormat.JSON)
    with pytest.raises(TooManyImports, match="at most 2 imports"):
        shop.imports.begin(SELLER, ImportFormat.JSON)
    shop.imports.begin(SellerId("another"), ImportFormat.JSON)


def test_39_the_bytes_kept_of_a_sellers_imports_are_bounded_by_the_setting(shop: Shop) -> None:
    upload = shop.imports.begin(SELLER, ImportFormat.JSON)
    upload.add(b"1" * (1 << 20))
    upload.store()
    upload.add(b"1" * CHUNK)
    with pytest.raises(TooManyImports, match="bytes of one seller"):
        upload.store()
