"""Words that mean the same, as a merchandiser writes them down."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import attrs

from commerce_searchtext.words import Analysis, clean

#: A phrase as its stems.
Phrase = tuple[str, ...]

#: A file beyond this is not a list of synonyms.
_LARGEST: Final = 4_000_000


@attrs.frozen
class Synonyms:
    """What may be searched for in place of a phrase. ``name`` differs where the content does."""

    name: str = ""
    phrases: Mapping[Phrase, tuple[Phrase, ...]] = attrs.field(
        factory=dict[Phrase, tuple[Phrase, ...]]
    )
    longest: int = 0

    @classmethod
    def parse(cls, text: str, analysis: Analysis) -> "Synonyms":
        """Read ``a, b, c`` (any for any) and ``a, b => c, d`` (c or d for a or b), one a line;
        ``#`` begins a comment.
        """
        found: dict[Phrase, dict[Phrase, None]] = {}
        for line in text.splitlines():
            left, arrow, right = line.partition("#")[0].partition("=>")
            here = list(_phrases(left.split(","), analysis))
            for phrase in here:
                others = _phrases(right.split(","), analysis) if arrow else here
                found.setdefault(phrase, {}).update((o, None) for o in others if o != phrase)
        phrases = {phrase: tuple(others) for phrase, others in found.items() if others}
        return cls(
            blake2b(text.encode(), digest_size=4).hexdigest(),
            phrases,
            max(map(len, phrases), default=0),
        )

    def within(self, stems: Sequence[str]) -> Iterator[tuple[int, int, tuple[Phrase, ...]]]:
        """Where in *stems* a known phrase begins, where it is over, and what may stand in its
        place.
        """
        for first in range(len(stems)):
            for after in range(first + 1, min(first + self.longest, len(stems)) + 1):
                others = self.phrases.get(tuple(stems[first:after]))
                if others:
                    yield first, after, others


def _phrases(texts: Iterable[str], analysis: Analysis) -> Iterator[Phrase]:
    for text in texts:
        stems = analysis.stems_of(text)
        if stems:
            yield stems


class SynonymFile:
    """The synonyms of a file, read again whenever the file was changed: no restart for a new
    word.
    """

    def __init__(self, path: Path | None, analysis: Analysis) -> None:
        self._path = path
        self._analysis = analysis
        self._read: tuple[tuple[int, int, int] | None, Synonyms] = (None, Synonyms())

    def now(self) -> Synonyms:
        """What the file says now; nothing, while there is none."""
        if self._path is None:
            return self._read[1]
        try:
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if stamp != self._read[0]:
                with self._path.open(encoding="utf-8", errors="replace") as file:
                    self._read = (stamp, Synonyms.parse(clean(file.read(_LARGEST)), self._analysis))
        except OSError:
            if self._read[0] is not None:
                self._read = (None, Synonyms())
        return self._read[1]
