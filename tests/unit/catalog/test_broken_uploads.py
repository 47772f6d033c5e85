"""Imports whose bytes break off."""

from collections.abc import Iterator

import pytest

from commerce_core.catalog import ImportFormat
from commerce_core.catalog.service.imports import CHUNK
from commerce_core.kernel.ids import SellerId
from commerce_testkit.memory.shop import MemoryShop

SELLER = SellerId("seller")


def breaking_off() -> Iterator[bytes]:
    yield b"x" * CHUNK
    raise OSError("the disk is gone")


def test_an_upload_that_breaks_off_leaves_nothing_behind(shop: MemoryShop) -> None:
    with pytest.raises(OSError, match="the disk is gone"):
        shop.imports.take(SELLER, ImportFormat.NDJSON, breaking_off())
    tables = shop.parts.database.tables
    assert (tables["item_import"], tables["import_chunk"]) == ({}, {})


def test_an_import_whose_bytes_are_all_in_cannot_be_given_up(shop: MemoryShop) -> None:
    upload = shop.imports.begin(SELLER, ImportFormat.NDJSON)
    job = upload.finish()
    upload.give_up()
    assert shop.imports.details(SELLER, job.id) == job
