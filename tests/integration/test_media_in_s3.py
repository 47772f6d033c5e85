"""Images in a bucket of a real server that speaks S3's language, and what a store that is away
holds up.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from commerce_core.images import MediaStore, MediaUnavailable
from commerce_core.plugins import MEDIA_STORES, PluginContext, load
from commerce_local.clock import SystemClock
from commerce_media.s3 import S3Store
from commerce_testkit.contracts.images import MediaStoreContract
from tests.integration.http.people import Town, open_town, until
from tests.integration.http.test_images import ready, send
from tests.object_storage import Bucket, bucket_in
from tests.pictures import opened, picture


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with bucket_in(tmp_path_factory.mktemp("bucket")) as made:
        yield made


def store_in(bucket: Bucket, seconds: float = 8.0) -> MediaStore:
    context = PluginContext(
        currency="USD", clock=SystemClock(), call_timeout=timedelta(seconds=seconds)
    )
    made: MediaStore = load(MEDIA_STORES, bucket.url)(bucket.url, context)
    return made


class TestBucket(MediaStoreContract):
    @pytest.fixture
    def store(self, bucket: Bucket) -> MediaStore:
        found = store_in(bucket)
        assert isinstance(found, S3Store)
        return found


def test_a_store_that_hangs_is_given_up_in_time(bucket: Bucket) -> None:
    store = store_in(bucket, 0.5)
    with bucket.frozen():
        for call in (
            lambda: store.get("public/a"),
            lambda: store.put("public/a", b"a", "image/webp"),
            lambda: store.delete(["public/a"]),
        ):
            with pytest.raises(MediaUnavailable) as refused:
                call()
            assert "shop-secret" not in str(refused.value)
            assert "127.0.0.1" not in str(refused.value)


def test_a_wrong_secret_is_a_store_that_cannot_be_used(bucket: Bucket) -> None:
    store = S3Store(
        bucket.name, endpoint=bucket.endpoint, region="us-east-1", access_key="shop-key",
        secret_key="another",
    )  # fmt: skip
    with pytest.raises(MediaUnavailable) as refused:
        store.put("public/a", b"a", "image/webp")
    assert "another" not in str(refused.value)


@pytest.fixture(scope="module")
def town(bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town-with-bucket")
    with open_town(folder, media_url=bucket.url, call_timeout=timedelta(seconds=1)) as made:
        yield made


def test_an_image_goes_its_whole_way_through_a_bucket(town: Town) -> None:
    seller = town.newcomer("seller")
    item_id = town.item(seller)["itemId"]
    image = ready(seller, item_id, picture("JPEG", (900, 600)))
    shown = town.guest("GET", image["sizes"]["medium"]["url"])
    assert opened(shown.content).size == (480, 320)


def test_a_store_that_is_away_delays_images_and_nothing_else(town: Town, bucket: Bucket) -> None:
    seller = town.newcomer("seller")
    item_id = town.item(seller)["itemId"]
    sent = picture("PNG", (99, 98))
    with bucket.frozen():
        refused = send(seller, item_id, sent)
        assert (refused.status_code, refused.json()["code"]) == (503, "media-unavailable")
        assert refused.headers["Retry-After"] == "5"
        assert town.guest("GET", f"/items/{item_id}").status_code == 200
        town.order(town.newcomer(), town.item(seller))
    until(lambda: send(seller, item_id, sent).status_code == 201, 30)
    assert ready(seller, item_id, sent)["status"] == "ready"
