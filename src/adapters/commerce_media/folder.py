"""A media store in a folder of this machine."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from commerce_core.images import MediaStore, MediaUnavailable
from commerce_core.kernel.private_files import private_folder


class FolderStore(MediaStore):
    """Each key is a file, for its owner alone: 0600 in folders of 0700. Processes on one machine
    may share the folder.
    """

    #: A file is there or it is not: nobody waits for a server.
    answers_at_once: Final = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, data: bytes, media_type: str) -> None:
        target = self._folder / key
        try:
            private_folder(target.parent)
            with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as written:
                try:
                    written.write(data)
                    written.flush()
                    os.fsync(written.fileno())
                    Path(written.name).replace(target)
                except OSError:
                    Path(written.name).unlink(missing_ok=True)
                    raise
            _sync(target.parent)
        except OSError as error:
            raise _unavailable(error) from error

    def get(self, key: str) -> bytes | None:
        try:
            return (self._folder / key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unavailable(error) from error

    def missing(self, keys: Sequence[str]) -> Sequence[str]:
        try:
            if not self._folder.is_dir():
                raise MediaUnavailable("the media folder is not there")
            return [key for key in keys if not (self._folder / key).exists()]
        except OSError as error:
            raise _unavailable(error) from error

    def delete(self, keys: Sequence[str]) -> None:
        try:
            for key in keys:
                (self._folder / key).unlink(missing_ok=True)
        except OSError as error:
            raise _unavailable(error) from error


def _sync(folder: Path) -> None:
    """A new name survives a power cut only once its folder is on the disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _unavailable(error: OSError) -> MediaUnavailable:
    return MediaUnavailable(f"the media folder cannot be used ({error.strerror})")
