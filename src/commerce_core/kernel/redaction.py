"""Texts for a log: without card numbers, passwords and tokens, and of bounded length. A trace-back
has no local variables.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import Final, cast

from commerce_core.kernel.address import without_cards
from commerce_core.kernel.service_address import masked

HIDDEN: Final = "***"
LONGEST_TEXT: Final = 4_000
_LONGEST_MESSAGE: Final = 500
#: Of a chain of errors the last so many are shown, of each the innermost frames, and of a group its
#: first members.
_ERRORS: Final = 6
_FRAMES: Final = 12
_MEMBERS: Final = 3
_INDENT: Final = "  "
_SHORT: Final = 4
_MANY_CAPITALS: Final = 8

_SHORTEST_CARD: Final = 12
_ID: Final = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
_ADDRESS: Final = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,30}://[^\s\"'<>]+")
_NAME: Final = (
    r"[\w-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|ssl[_-]?key|credentials?"
    r"|authorization|card[_-]?no|cvc|cvv)"
)
#: In quotes, in quotes within a quoted text, or a word.
_VALUE: Final = r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\\+\"[^\"]*\"|[^\s\"',;&)}\]]+)"
_NAMED: Final = re.compile(rf"(?i)(?<![\w-])({_NAME}\\*[\"']?\s*[:=]\s*){_VALUE}")
#: A name in which a letter is written as JSON may write it, however often it was quoted since.
_ESCAPE: Final = re.compile(r"\\+u00([0-9a-fA-F]{2})")
_ESCAPED: Final = re.compile(
    rf"((?<![\w-])(?:[\w-]|\\+u[0-9a-fA-F]{{4}}){{1,80}})(\\*[\"']?\s*[:=]\s*){_VALUE}"
)
_SECRET_NAME: Final = re.compile(rf"(?i){_NAME}")
_SCHEMED: Final = re.compile(r"(?i)\b(Bearer|Basic)(\s+)[\w.~+/=-]{8,}")
#: Chance in base64, as tokens of this shop are; hashes of passwords, keys of payment services,
#: signed web tokens.
_CHANCE: Final = re.compile(r"(?<![\w-])[A-Za-z0-9_-]{32,}(?![\w-])")
_SHAPED: Final = re.compile(
    # A secret of webhooks, whose + / and = may be written as JSON and addresses may write them.
    r"\bwhsec_(?:[\w+/=%-]|\\+(?:/|u00[0-9a-fA-F]{2})){8,}|"
    r"\$argon2\w*\$\S+|\b(?:sk|rk|pk)_\w{8,}|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
)


def redacted(text: str, secrets: Iterable[str] = (), longest: int = LONGEST_TEXT) -> str:
    """*text*, cut off after *longest* characters, without *secrets* and without what looks like
    one.
    """
    cut = text[:longest]
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        short = len(secret) < _SHORT  # such a one stands within many a word
        cut = (
            re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, cut)
            if short
            else cut.replace(secret, HIDDEN)
        )
    cut = _ADDRESS.sub(lambda found: masked(found[0]), cut)
    cut = _SCHEMED.sub(rf"\1\2{HIDDEN}", cut)
    cut = _NAMED.sub(rf"\g<1>{HIDDEN}", cut)
    if "\\u00" in cut:
        cut = _ESCAPED.sub(_without_named, cut)
    cut = _SHAPED.sub(HIDDEN, cut)
    cut = _CHANCE.sub(_without_token, cut)
    cut = without_cards(cut, _SHORTEST_CARD, HIDDEN, unless=partial(_within_id, cut))
    return cut if len(text) <= longest else f"{cut}…"


def message_of(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """The type and the first line of what *error* says; drivers put rows and values on further
    lines.
    """
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # noqa: BLE001 (an error that cannot be shown must not become another one)
        lines = []
    said = redacted(lines[0], secrets, _LONGEST_MESSAGE) if lines else ""
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def trace_of(error: BaseException, secrets: Iterable[str] = ()) -> str:
    """*error* with its causes, a line for each and for each of its frames: places in the code, and
    nothing of what was in them.

    It is bounded however long the chain and however deep the recursion, and reads no file.
    """
    hidden = frozenset(secrets)
    return redacted("\n".join(_lines(error, hidden)))


def _lines(error: BaseException, secrets: frozenset[str]) -> Iterator[str]:
    seen: set[int] = set()
    present: BaseException | None = error
    lead = ""
    while present is not None and id(present) not in seen:
        if len(seen) == _ERRORS:
            yield "… and more"
            return
        seen.add(id(present))
        yield lead + message_of(present, secrets)
        yield from (_INDENT + line for line in _frames(present.__traceback__))
        if isinstance(present, BaseExceptionGroup):
            members = cast("BaseExceptionGroup[BaseException]", present).exceptions
            yield from (
                f"{_INDENT}one of {len(members)}: {message_of(one, secrets)}"
                for one in members[:_MEMBERS]
            )
        lead = "caused by " if present.__cause__ else "while handling "
        present = present.__cause__ or (
            None if present.__suppress_context__ else present.__context__
        )


def _frames(trace: TracebackType | None) -> Iterator[str]:
    kept: deque[TracebackType] = deque(maxlen=_FRAMES)
    count = 0
    while trace is not None:
        kept.append(trace)
        count += 1
        trace = trace.tb_next
    if count > len(kept):
        yield f"… {count - len(kept)} frames"
    for one in kept:
        code = one.tb_frame.f_code
        yield f"{code.co_filename}:{one.tb_lineno} {code.co_qualname}"


def _without_named(found: "re.Match[str]") -> str:
    name = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), found[1])
    return f"{found[1]}{found[2]}{HIDDEN}" if _SECRET_NAME.fullmatch(name) else found[0]


def _without_token(found: "re.Match[str]") -> str:
    """Ids and digests are in small letters, and names have few capital ones."""
    text = found[0]
    capitals = sum(map(str.isupper, text))
    by_chance = (
        capitals
        and any(map(str.islower, text))
        and (capitals >= _MANY_CAPITALS or not text.isalpha())
    )
    return HIDDEN if by_chance else text


def _within_id(text: str, start: int, end: int) -> bool:
    """An id may hold as many digits: what stands within one is left."""
    around = text[max(0, start - 36) : end + 36]
    return any(text[start:end] in one[0] and not one[0].isdigit() for one in _ID.finditer(around))
