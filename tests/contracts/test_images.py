"""The repositories of images and the media stores keep their promises."""

from pathlib import Path

import pytest

from commerce_core.images import ImageProcessor, MediaStore
from commerce_core.kernel.transaction import Database
from commerce_media.folder import FolderStore
from commerce_media.processor import PillowProcessor
from commerce_sqlalchemy.images import SqlImageRepository
from commerce_sqlalchemy.transaction import SqlDatabase
from commerce_testkit.contracts.images import (
    ImageProcessorContract,
    ImageRepositoryContract,
    MediaStoreContract,
)
from commerce_testkit.memory.images import (
    MemoryImageProcessor,
    MemoryImageRepository,
    MemoryMediaStore,
)
from commerce_testkit.memory.transaction import MemoryDatabase
from tests.pictures import picture


class TestMemoryImages(ImageRepositoryContract):
    @pytest.fixture
    def database(self) -> Database:
        return MemoryDatabase()

    @pytest.fixture
    def images(self) -> MemoryImageRepository:
        return MemoryImageRepository()


class TestSqliteImages(ImageRepositoryContract):
    @pytest.fixture
    def database(self, sql_database: SqlDatabase) -> Database:
        return sql_database

    @pytest.fixture
    def images(self) -> SqlImageRepository:
        return SqlImageRepository()


class TestMemoryProcessor(ImageProcessorContract):
    @pytest.fixture
    def processor(self) -> ImageProcessor:
        return MemoryImageProcessor()

    @pytest.fixture
    def image(self) -> tuple[bytes, str]:
        return picture("PNG", (1, 1)), "image/png"


class TestPillow(ImageProcessorContract):
    @pytest.fixture
    def processor(self) -> ImageProcessor:
        return PillowProcessor()

    @pytest.fixture
    def image(self) -> tuple[bytes, str]:
        return picture("WEBP", (600, 400)), "image/webp"


class TestMemoryMedia(MediaStoreContract):
    @pytest.fixture
    def store(self) -> MediaStore:
        return MemoryMediaStore()


class TestMediaFolder(MediaStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> MediaStore:
        return FolderStore(tmp_path / "media")
