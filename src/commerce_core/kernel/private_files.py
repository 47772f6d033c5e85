"""Files of the shop, for the user who runs it alone: 0600, in folders of 0700. For every adapter
that keeps something on disk.
"""

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_FOLDER: Final = 0o700
_FILE: Final = 0o600
_OTHERS: Final = 0o077
#: What SQLite keeps beside a database.
_BESIDE: Final = ("", "-wal", "-shm", "-journal")
#: What a folder of the shop holds. A folder that holds more keeps its mode.
_OURS: Final = re.compile(r"[\w.-]+\.db(?:-wal|-shm|-journal)?|search|media|mail|synonyms\.txt")


def private_folder(folder: Path) -> None:
    """Make *folder*, and those above it that are missing, for the owner alone. Idempotent.

    One that is there already is closed to others as well if it holds nothing but files of the shop.

    Raises:
        OSError: it cannot be made.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(_FOLDER, exist_ok=True)
    if folder not in missing and _holds_ours_alone(folder):
        _close(folder, _FOLDER)


def private_file(file: Path) -> None:
    """Make *file*, empty, if it is missing; close it, and what SQLite keeps beside it, to others.
    Idempotent.

    Raises:
        OSError: it cannot be made.
    """
    with suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, _FILE))
    for suffix in _BESIDE:
        _close(file.with_name(file.name + suffix), _FILE)


def close_to_others(folder: Path) -> None:
    """Close *folder*, and all that an engine of its own made in it, to others. Idempotent; what is
    not there, or goes, is left.
    """
    _close(folder, _FOLDER)
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                close_to_others(Path(entry.path))
            else:
                _close(Path(entry.path), _FILE)


def close_if_open(folder: Path) -> None:
    """As :func:`close_to_others`, where *folder* itself is open to others: an earlier release, or
    somebody's hand, has left it so.
    """
    with suppress(FileNotFoundError):
        if stat.S_IMODE(folder.lstat().st_mode) & _OTHERS:
            close_to_others(folder)


def private_opener(path: str, flags: int) -> int:
    """For ``open(…, opener=private_opener)``: a file that is made is for the owner alone."""
    return os.open(path, flags, _FILE)


def _holds_ours_alone(folder: Path) -> bool:
    """Whether *folder* is below what people work in, and has nothing in it but what the shop
    wrote.
    """
    resolved = folder.resolve()
    if resolved in (Path.cwd(), *Path.cwd().parents) or not os.access(folder, os.R_OK):
        return False
    with os.scandir(folder) as entries:  # read no further than to the first that is not
        ours = (_OURS.fullmatch(entry.name) is not None for entry in entries)
        return next(ours, False) and all(ours)


def _close(path: Path, mode: int) -> None:
    with suppress(FileNotFoundError):
        found = path.lstat()
        if (
            stat.S_IMODE(found.st_mode) & _OTHERS
            and found.st_uid == os.geteuid()
            and not stat.S_ISLNK(found.st_mode)
        ):
            path.chmod(mode)
