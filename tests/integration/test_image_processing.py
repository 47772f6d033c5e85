"""Images as strangers send them: what is taken, what is made of it, and what it may cost."""

import struct
import subprocess
import sys
import zlib
from datetime import timedelta
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from PIL import Image, ImageCms

from commerce_core.images import ImageTooLarge, MadeImage, Size, UnreadableImage
from commerce_media import formats, processor
from commerce_media.processor import PillowProcessor
from tests.pictures import CANARY, opened, photo, picture

FORMS = ("JPEG", "PNG", "WEBP", "AVIF")
READER = PillowProcessor()


def every_file(made: MadeImage) -> list[bytes]:
    return [made.original, *(data for _, data, _, _ in made.sizes)]


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is of this size, and is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    packer = zlib.compressobj(9)
    line = b"\0" + bytes((width + 7) // 8)
    rows = b"".join(packer.compress(line) for _ in range(min(height, 5_000))) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", FORMS)
def test_an_image_is_known_by_its_content(form: str) -> None:
    facts = READER.inspect(picture(form, (64, 48)))
    assert (facts.media_type, facts.width, facts.height) == (f"image/{form.lower()}", 64, 48)


@pytest.mark.parametrize("form", FORMS)
def test_nothing_that_a_camera_wrote_is_in_any_file(form: str) -> None:
    sent = photo(form)
    assert CANARY in sent, "the test would search for nothing"
    for content in every_file(READER.make(sent)):
        assert CANARY not in content
        assert b"Camera" not in content
        assert not opened(content).getexif()
        assert not {"exif", "xmp", "comment", "icc_profile"} & opened(content).info.keys()


@pytest.mark.parametrize("form", FORMS)
def test_an_image_stands_upright_however_the_camera_was_held(form: str) -> None:
    made = READER.make(photo(form, orientation=6, size=(64, 48)))
    assert (made.width, made.height) == (48, 64)
    for content in every_file(made):
        upright = opened(content).convert("RGB")
        # Turned to the right, the red left half is above.
        red, blue = upright.getpixel((24, 5)), upright.getpixel((24, 58))
        assert isinstance(red, tuple)
        assert isinstance(blue, tuple)
        assert red[0] > 200 > 60 > red[2]
        assert blue[2] > 200 > 60 > blue[0]


def test_the_three_sizes_keep_the_proportions_and_none_is_made_larger() -> None:
    made = READER.make(picture("JPEG", (2_400, 1_200)))
    assert [(size, w, h) for size, _, w, h in made.sizes] == [
        (Size.SMALL, 160, 80), (Size.MEDIUM, 480, 240), (Size.LARGE, 1_600, 800),
    ]  # fmt: skip
    assert (made.width, made.height) == (2_400, 1_200)
    assert opened(made.original).size == (2_400, 1_200)
    little = READER.make(picture("PNG", (200, 10)))
    assert [(w, h) for _, _, w, h in little.sizes] == [(160, 8), (200, 10), (200, 10)]


def test_the_whole_image_keeps_its_format_and_the_sizes_are_webp() -> None:
    for form in FORMS:
        made = READER.make(picture(form))
        assert opened(made.original).format == form
        assert {opened(data).format for _, data, _, _ in made.sizes} == {"WEBP"}


def test_what_can_be_seen_through_stays_so() -> None:
    drawn = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    into = BytesIO()
    drawn.save(into, "PNG")
    made = READER.make(into.getvalue())
    for content in every_file(made):
        seen = opened(content).convert("RGBA").getpixel((3, 3))
        assert isinstance(seen, tuple)
        assert seen[3] == 0


@pytest.mark.parametrize(
    ("form", "mode"),
    [("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "1"), ("PNG", "P"), ("PNG", "LA"), ("PNG", "I;16")],
)
def test_every_kind_of_pixel_is_taken(form: str, mode: str) -> None:
    if mode == "I;16":
        sixteen = Image.frombytes("I;16", (4, 4), struct.pack("<16H", *[65_535] * 16))
        into = BytesIO()
        sixteen.save(into, "PNG")
        sent = into.getvalue()
    else:
        sent = picture(form, mode=mode)
    made = READER.make(sent)
    assert opened(made.sizes[0][1]).mode in ("RGB", "RGBA")
    if mode == "I;16":
        assert opened(made.sizes[0][1]).convert("L").getpixel((1, 1)) == 255


def test_colours_are_those_of_the_profile_and_the_profile_goes() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = READER.make(picture("PNG", icc_profile=profile))
    assert opened(made.original).convert("RGB").getpixel((3, 3)) == (255, 0, 0)
    assert READER.make(picture("PNG", icc_profile=b"no profile at all")).width == 64


def test_the_first_of_several_frames_is_kept() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue", "green")]
    into = BytesIO()
    frames[0].save(into, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    made = READER.make(into.getvalue())
    assert getattr(opened(made.original), "n_frames", 1) == 1
    seen = opened(made.original).convert("RGB").getpixel((3, 3))
    assert isinstance(seen, tuple)
    assert seen[0] > 200


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"\0", b"GIF89a" + bytes(100), b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x10\0\0\0WEBPVP8 ", b"II*\0" + bytes(40),
        b"\0\0\0\x20ftypavif" + bytes(16), b"BM" + bytes(60), b"%!PS-Adobe-3.0 EPSF-3.0\n",
    ],
    ids=lambda sent: repr(bytes(sent[:8])),
)  # fmt: skip
def test_what_is_none_of_the_four_is_refused(sent: bytes) -> None:
    with pytest.raises(UnreadableImage):
        READER.inspect(sent)
    with pytest.raises(UnreadableImage):
        READER.make(sent)


@pytest.mark.parametrize("form", FORMS)
def test_half_an_image_is_refused_when_it_is_decoded(form: str) -> None:
    sent = picture(form, (400, 300))
    with pytest.raises(UnreadableImage):
        READER.make(sent[: len(sent) // 2])


@pytest.mark.parametrize(("width", "height"), [(40_001, 1_000), (65_535, 65_535), (1, 40_000_001)])
def test_a_decompression_bomb_is_refused_by_its_head(width: int, height: int) -> None:
    sent = bomb(width, height)
    assert len(sent) < 200_000_000 // 100
    for read in (READER.inspect, READER.make):
        with pytest.raises(ImageTooLarge, match="pixels"):
            read(sent)


def test_the_largest_that_is_taken_is_decoded() -> None:
    made = READER.make(bomb(8_000, 5_000))
    assert (made.width, made.height) == (8_000, 5_000)


def test_a_program_that_dies_over_an_image_refuses_it_and_nothing_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dies = (sys.executable, "-c", "import os; os.kill(os.getpid(), 11)")
    monkeypatch.setattr(processor, "_COMMAND", dies)
    with pytest.raises(UnreadableImage, match="within the bounds"):
        READER.make(picture())


def test_a_program_that_hangs_over_an_image_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = (sys.executable, "-c", "import threading; threading.Event().wait()")
    monkeypatch.setattr(processor, "_COMMAND", hangs)
    with pytest.raises(UnreadableImage, match="too long"):
        PillowProcessor(timedelta(seconds=0.2)).make(picture())


def test_the_program_that_decodes_knows_no_secret_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COMMERCE_DATABASE_URL", "postgresql://shop:hunter2@db/shop")
    seen: dict[str, Any] = {}

    def run(*_: Any, **how: Any) -> Any:
        seen.update(how)
        return subprocess.CompletedProcess((), 1)

    monkeypatch.setattr(processor.subprocess, "run", run)
    with pytest.raises(UnreadableImage):
        READER.make(picture())
    assert "hunter2" not in repr(seen["env"])


def test_files_of_one_image_follow_each_other_as_they_were_made() -> None:
    made = READER.make(picture("PNG", (2_000, 1_000)))
    widths = [opened(data).width for _, data, _, _ in made.sizes]
    assert all(smaller < larger for smaller, larger in pairwise(widths))
    assert formats.facts_of(made.original).width == 2_000
