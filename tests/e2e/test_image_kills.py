"""A worker is killed while it makes the sizes of pictures, wherever it is: afterwards each picture
is whole or refused, none waits, and no file lies there that no picture has.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from commerce_core.accounts import Role
from commerce_core.images import ImageStatus, ItemImage
from commerce_core.images.service import ImageListing, ImageProcessing
from commerce_core.kernel.ids import ImageId, ItemId, SellerId
from commerce_testkit.memory.clock import SettableClock
from tests.integration.market import Market, open_market
from tests.pictures import CANARY, photo

PROGRAM: Final = str(Path(__file__).with_name("image_worker.py"))
_PATIENCE: Final = 120.0
#: Each with the time that it is reached at which the process dies.
POINTS: Final = [
    ("after claim", 1),
    ("before make", 2),
    ("before save", 1),
    ("after save", 1),
    ("after put", 1),
    ("after put", 3),
    ("after put", 4),
    ("before delete", 1),
    ("after delete", 1),
    ("after save", 2),
]
#: Those at which the database is written.
AT_COMMITS: Final = [("after claim", 1), ("after save", 1), ("after save", 2)]


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Market]:
    with open_market(tmp_path) as market:
        yield market


def environment(market: Market) -> dict[str, str]:
    settings = market.shop.settings
    addresses = ("database_url", "search_url", "media_url", "carrier_url", "broker_url")
    given = {f"COMMERCE_{name.upper()}": str(getattr(settings, name)) for name in addresses}
    others = {n: v for n, v in os.environ.items() if not n.startswith("COMMERCE_")}
    return others | given | {"COMMERCE_PAYMENT_URLS": ",".join(settings.payment_urls)}


def worker(market: Market, folder: Path, point: str, nth: int) -> int:
    """How a worker ended."""
    log = folder / "worker.log"
    with log.open("ab") as out:
        ended = subprocess.run(
            [sys.executable, PROGRAM, point, str(nth)], env=environment(market), cwd=folder,
            stdout=out, stderr=out, timeout=_PATIENCE, check=False,
        )  # fmt: skip
    assert ended.returncode in (0, -signal.SIGKILL), log.read_text()[-3000:]
    return ended.returncode


def uploaded(market: Market, count: int = 3) -> tuple[ItemId, list[ImageId]]:
    """Two photos of one item, and one that cannot be read; or the first of them."""
    (seller,) = market.buyers(1, Role.SELLER)
    seller_id = SellerId(seller.id)
    item_id = market.item(3, seller_id=seller_id).item.id
    broken = photo("JPEG", size=(600, 400))[:-1_000]
    contents = (photo("JPEG"), photo("PNG", size=(800, 600)), broken)
    add = market.shop.images.add
    return item_id, [add(seller_id, item_id, None, c).id for c in contents[:count]]


def stored(market: Market, image_id: ImageId) -> ItemImage | None:
    with market.database.snapshot() as tx:
        found: ItemImage | None = market.container.storage().images.load(tx, image_id)
        return found


def files(market: Market) -> dict[str, bytes]:
    store: Any = market.container.media().store
    folder: Path = store._folder
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(("point", "nth"), POINTS)
def test_every_picture_is_whole_or_refused_wherever_its_worker_is_killed(
    market: Market, tmp_path: Path, point: str, nth: int
) -> None:
    killed_at(point, nth, market, tmp_path)


@pytest.mark.parametrize(("point", "nth"), AT_COMMITS)
def test_the_same_on_postgresql(shop_url: str, tmp_path: Path, point: str, nth: int) -> None:
    with open_market(tmp_path, database_url=shop_url) as market:
        killed_at(point, nth, market, tmp_path)


def killed_at(point: str, nth: int, market: Market, tmp_path: Path) -> None:
    """Kill a worker there, have another one go on, and look at every picture and file."""
    item_id, image_ids = uploaded(market)
    assert any(CANARY in content for content in files(market).values()), "as a camera wrote it"
    assert worker(market, tmp_path, point, nth) == -signal.SIGKILL, f"{point} was never reached"
    assert worker(market, tmp_path, "never", 0) == 0
    images = [image for one in image_ids if (image := stored(market, one))]
    assert [i.status for i in images] == [
        ImageStatus.READY,
        ImageStatus.READY,
        ImageStatus.REFUSED,
    ]
    assert len(market.shop.items.details(item_id).item.images) == 2
    assert market.shop.checker.check().violations == ()
    whole = {key for image in images[:2] for key in image.keys if key != image.incoming_key}
    assert files(market).keys() == whole | {images[2].incoming_key}
    for image in images[:2]:
        assert not any(CANARY in files(market)[key] for key in whole if key in image.keys)
    _pass_a_day(market)
    assert files(market).keys() == whole


def test_a_picture_over_which_every_worker_dies_leaves_no_file(
    market: Market, tmp_path: Path
) -> None:
    _, (image_id,) = uploaded(market, 1)
    for _ in range(5):
        assert worker(market, tmp_path, "after put", 2) == -signal.SIGKILL
    assert worker(market, tmp_path, "never", 0) == 0
    image = stored(market, image_id)
    assert image is not None
    assert image.status is ImageStatus.REFUSED
    assert len(files(market)) > 1
    _pass_a_day(market)
    assert stored(market, image_id) is None
    assert files(market) == {}


def test_a_picture_that_is_deleted_leaves_no_file_wherever_the_cleaning_is_killed(
    market: Market, tmp_path: Path
) -> None:
    item_id, image_ids = uploaded(market)
    assert worker(market, tmp_path, "never", 0) == 0
    seller_id = market.shop.items.details(item_id).item.seller_id
    for one in image_ids:
        market.shop.images.delete(seller_id, item_id, one)
    for point in ("before delete", "after delete", "before drop"):
        assert worker(market, tmp_path, point, 1) == -signal.SIGKILL, point
    assert worker(market, tmp_path, "never", 0) == 0
    assert files(market) == {}
    assert [stored(market, one) for one in image_ids] == [None] * 3


def _pass_a_day(market: Market) -> None:
    """Have the cleaning run a day later."""
    clock = SettableClock(market.shop.clock.now() + timedelta(days=1, minutes=1))
    parts = market.container.parts()
    listing = ImageListing(lambda *_: None)
    later = ImageProcessing(market.database, parts.images, parts.media, listing, clock)
    while later.forget(10):
        pass
