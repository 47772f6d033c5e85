"""Reads images with Pillow: the head here, the pixels in a process of its own."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from itertools import accumulate, pairwise
from typing import Any, Final

from commerce_core.images import (
    ImageFacts,
    ImageProcessor,
    ImageTooLarge,
    MadeImage,
    Size,
    UnreadableImage,
)

#: What the other process needs of the environment. Nothing secret is in its reach.
_NEEDED: Final = ("PATH", "PYTHONHOME", "LD_LIBRARY_PATH", "TMPDIR")
_COMMAND: Final = (sys.executable, "-P", "-m", "commerce_media.resize")


class PillowProcessor(ImageProcessor):
    """Decodes each image in a process of its own, with bounds on its memory and time.

    Args:
        timeout: after which it is ended.
    """

    def __init__(self, timeout: timedelta = timedelta(seconds=60)) -> None:
        self._seconds = timeout.total_seconds()

    def inspect(self, data: bytes) -> ImageFacts:
        from commerce_media.formats import facts_of  # Pillow, which few processes need

        return facts_of(data)

    def make(self, data: bytes) -> MadeImage:
        environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}
        # It imports from where this process does, which need not be where it is installed.
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        try:
            ended = subprocess.run(  # noqa: S603 (our own program)
                _COMMAND, input=data, capture_output=True, env=environment,
                timeout=self._seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise UnreadableImage("the image takes too long to decode") from error
        if ended.returncode:
            raise UnreadableImage("the image cannot be decoded within the bounds")
        head, _, content = ended.stdout.partition(b"\n")
        return _made(json.loads(head), content)


def _made(head: dict[str, Any], content: bytes) -> MadeImage:
    if "refused" in head:
        kind = ImageTooLarge if head["refused"] == ImageTooLarge.code else UnreadableImage
        raise kind(head["detail"])
    ends = [0, *accumulate(head["lengths"])]
    original, *shown = (content[start:end] for start, end in pairwise(ends))
    sizes = zip(head["sizes"], shown, strict=True)
    return MadeImage(
        media_type=head["mediaType"],
        width=head["width"],
        height=head["height"],
        original=original,
        sizes=tuple((Size(size), data, width, height) for (size, width, height), data in sizes),
    )
