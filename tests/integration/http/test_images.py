"""Images of items over HTTP: uploaded, shown, deleted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from commerce_core.images.service.upload import LONGEST_IMAGE
from tests.integration.http.people import Person, Town, open_town, until
from tests.pictures import CANARY, opened, photo, picture

KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "AVIF": "image/avif"}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with open_town(tmp_path_factory.mktemp("studio")) as opened:
        yield opened


@pytest.fixture(scope="module")
def ada(studio: Town) -> Person:
    return studio.newcomer("seller")


@pytest.fixture
def lamp(studio: Town, ada: Person) -> str:
    return str(studio.item(ada)["itemId"])


def send(who: Person, item_id: str, content: bytes, media: str = "image/png") -> httpx.Response:
    return who("POST", f"/items/{item_id}/images", content=content, headers={"Content-Type": media})


def ready(who: Person, item_id: str, content: bytes) -> Any:
    """The image that *content* has become."""
    sent = send(who, item_id, content)
    assert sent.status_code == 201, sent.text

    def processed() -> Any:
        shown = who("GET", sent.headers["Location"]).json()
        return shown if shown["status"] != "processing" else None

    return until(processed)


@pytest.mark.parametrize("form", KINDS)
def test_an_image_is_shown_in_three_sizes_with_the_item(
    studio: Town, ada: Person, lamp: str, form: str
) -> None:
    image = ready(ada, lamp, photo(form, size=(2_000, 1_000)))
    assert (image["status"], image["mediaType"], image["width"]) == ("ready", KINDS[form], 2_000)
    assert image["variantId"] is None
    assert studio.guest("GET", f"/items/{lamp}/images").json() == {"images": [image]}
    assert studio.guest("GET", f"/items/{lamp}").json()["images"] == [
        image["sizes"]["large"]["url"]
    ]
    for size, width in (("small", 160), ("medium", 480), ("large", 1_600)):
        shown = image["sizes"][size]
        answer = studio.guest("GET", shown["url"])
        assert answer.headers["Content-Type"] == "image/webp"
        assert (shown["width"], opened(answer.content).width) == (width, width)
        assert CANARY not in answer.content


def test_a_shown_file_may_be_kept_for_ever_and_does_nothing(
    studio: Town, ada: Person, lamp: str
) -> None:
    image = ready(ada, lamp, picture("PNG", (700, 700)))
    url = image["sizes"]["large"]["url"]
    answer = studio.guest("GET", url, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "Content-Encoding" not in answer.headers
    known = studio.guest("GET", url, headers={"If-None-Match": answer.headers["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["Cache-Control"] == answer.headers["Cache-Control"]
    assert studio.guest("HEAD", url).headers["Content-Length"] == str(len(answer.content))


def test_what_it_is_is_told_from_its_content(ada: Person, lamp: str) -> None:
    sent = send(ada, lamp, picture("JPEG"), "application/octet-stream")
    assert sent.json()["mediaType"] == "image/jpeg"
    sent = send(ada, lamp, picture("WEBP"), "image/png")
    assert sent.json()["mediaType"] == "image/webp"


@pytest.mark.parametrize(
    ("content", "media", "status", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png", 422, "unreadable-image"),
        (b"", "image/png", 422, "unreadable-image"),
        (b"GIF89a" + bytes(50), "application/octet-stream", 422, "unreadable-image"),
        (picture(), "image/svg+xml", 415, "unsupported-media-type"),
        (picture(), "multipart/form-data; boundary=x", 415, "unsupported-media-type"),
        (picture() + bytes(LONGEST_IMAGE), "image/png", 413, "too-large"),
    ],
    ids=["svg", "nothing", "gif", "svg by name", "a form", "too long"],
)  # fmt: skip
def test_what_is_no_image_is_refused(
    ada: Person, lamp: str, content: bytes, media: str, status: int, code: str
) -> None:
    refused = send(ada, lamp, content, media)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert ada("GET", f"/items/{lamp}/images").json() == {"images": []}


def test_what_cannot_be_decoded_says_so_to_its_seller_alone(
    studio: Town, ada: Person, lamp: str
) -> None:
    whole = picture("PNG", (400, 300))
    image = ready(ada, lamp, whole[: len(whole) // 2])
    assert (image["status"], image["problem"], image["sizes"]) == (
        "refused", "the image cannot be decoded", {},
    )  # fmt: skip
    assert studio.guest("GET", f"/items/{lamp}/images").json() == {"images": []}


def test_an_image_of_a_variant_stands_with_it(studio: Town, ada: Person) -> None:
    shirt = studio.item(
        ada, price=None, quantity=None,
        variants=[{"variantId": v, "price": 5, "stock": 1} for v in ("S", "M")],
    )["itemId"]  # fmt: skip
    headers = {"Content-Type": "image/png"}
    path = f"/items/{shirt}/images"
    sent = ada("POST", path, content=picture(), params={"variantId": "M"}, headers=headers)
    assert sent.json()["variantId"] == "M"
    wrong = ada("POST", path, content=picture(), params={"variantId": "XL"}, headers=headers)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/variantId")


def test_only_the_seller_of_the_item_uploads_and_deletes(
    studio: Town, ada: Person, lamp: str
) -> None:
    image = send(ada, lamp, picture()).json()
    place = f"/items/{lamp}/images/{image['imageId']}"
    for who, status in (
        (studio.guest, 401),
        (studio.newcomer(), 403),
        (studio.newcomer("seller"), 404),
    ):
        assert send(who, lamp, picture()).status_code == status
        assert who("DELETE", place).status_code == status
    assert ada("DELETE", place).status_code == 204
    assert ada("DELETE", place).status_code == 204
    assert ada("GET", place).status_code == 404


def test_of_many_uploads_at_once_twelve_are_taken(ada: Person, lamp: str) -> None:
    sent = [picture("PNG", (20 + n, 10)) for n in range(16)]
    with ThreadPoolExecutor(2) as pool:  # more at once of one account are refused
        answers = list(pool.map(lambda content: send(ada, lamp, content), sent))
    assert sorted(a.status_code for a in answers) == [201] * 12 + [409] * 4
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"too-many-images"}
    slots = ada("GET", f"/items/{lamp}/images").json()["images"]
    assert len({image["imageId"] for image in slots}) == 12


@pytest.mark.parametrize(
    "name", ["nothing", "..%2foriginal%2fx", "%2e%2e/shop.db", "a" * 64 + ".webp", "a" * 5_000]
)
def test_no_name_leads_anywhere_else(studio: Town, name: str) -> None:
    assert studio.guest("GET", f"/media/{name}").status_code in (404, 414)


def test_the_files_are_for_the_shop_alone(studio: Town, ada: Person, lamp: str) -> None:
    ready(ada, lamp, picture("PNG", (33, 33)))
    folder = Path(studio.shop.settings.media_url.removeprefix("folder:///"))
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())} == {0o700}


def test_an_exported_item_with_images_is_imported_unchanged(
    studio: Town, ada: Person, lamp: str
) -> None:
    ready(ada, lamp, picture("PNG", (44, 44)))
    item = ada("GET", f"/items/{lamp}").json()
    kept = ada("PATCH", f"/items/{lamp}", {"images": item["images"]}, headers={"If-Match": "*"})
    assert kept.status_code == 200, kept.text
    assert kept.json()["images"] == item["images"]
