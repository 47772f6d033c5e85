"""Letters of every script, as far as search distinguishes them."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from commerce_core.kernel.text import normalized

#: Inside a word these mean nothing: soft hyphens, joiners, the Arabic stretching stroke.
IGNORED: Final = "\u00ad\u200b\u200c\u200d\u2060\ufeff\u0640"
#: Of marks that combine, these make another letter: the voicing of kana, and (but for nuktas) all
#: of India's and its neighbours'.
_VOICED: Final = frozenset("\u3099\u309a")
_INDIC: Final = (range(0x0900, 0x1100), range(0x1780, 0x1800))
_NUKTA: Final = 7
#: Letters that keyboards of languages in Arabic script, and those in a hurry, write for one
#: another.
_ARABIC: Final = {
    "\u06a9": "\u0643",
    "\u06cc": "\u064a",
    "\u0649": "\u064a",
    "\u0629": "\u0647",
    "\u06c1": "\u0647",
    "\u06d5": "\u0647",
}
#: Letters that are no others with an accent.
_LETTERS: Final = str.maketrans(
    "øđðłŀħŋŉŧĸ\N{LATIN SMALL LETTER DOTLESS I}", "oddllhnntqi"
) | str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", **_ARABIC, **dict.fromkeys(IGNORED, "")}
)
#: How people write these who do not have them.
_RESPELLED: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
#: The article, with "and", "so", "with" or "like" before it; of a word at least three letters have
#: to be left.
_ARTICLE: Final = re.compile("[\u0648\u0641\u0628\u0643]?\u0627\u0644(?=...)")


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """*word* without capitals and accents, in any script; letters and digits of other widths and
    scripts as the common ones.
    """
    if word.isascii():
        return word.lower()
    parts = normalized("NFKD", word.casefold()).casefold().translate(_LETTERS)
    plain = "".join(map(_plain, parts)).translate(_LETTERS)
    return normalized("NFC", plain)


def _plain(c: str) -> str:
    if c.isalpha():
        return c
    if c.isdecimal():
        return str(unicodedata.decimal(c))
    if unicodedata.category(c)[0] != "M":
        return c if c.isalnum() else ""
    return "" if _is_accent(c) else c


def _is_accent(mark: str) -> bool:
    position = unicodedata.combining(mark)
    if not position or mark in _VOICED:
        return False
    return position == _NUKTA or not any(ord(mark) in block for block in _INDIC)


def respelled(word: str) -> str | None:
    """*word* (as it was written, composed) without umlauts and rings, as who does not have them
    writes it: ``tuer`` for ``Tür``. An Arabic one without its article, which is written in one word
    with it.
    """
    if word.isascii():
        return None
    if (other := without_umlauts(word)) is not None:
        return fold(other)
    article = _ARTICLE.match(folded := fold(word))
    return folded[article.end() :] if article else None


def without_umlauts(text: str) -> str | None:
    """*text* in small letters with umlauts and rings as two letters each; nothing where it has
    none.
    """
    if text.isascii():
        return None
    small = text.casefold()
    other = small.translate(_RESPELLED)
    return other if other != small else None
