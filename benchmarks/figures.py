"""The rows of the table that the benchmarks print."""

from typing import Any

import attrs


@attrs.frozen(kw_only=True)
class Row:
    """One line of the table."""

    what: str
    figure: float
    unit: str
    compared: str
    target: str
    met: bool
    raw: dict[str, Any] = attrs.field(factory=dict)


def at_least(what: str, figure: float, unit: str, target: float, compared: str, **raw: Any) -> Row:
    """A row whose figure must reach *target*."""
    return Row(
        what=what,
        figure=figure,
        unit=unit,
        compared=compared,
        target=f">= {target:,g}",
        met=figure >= target,
        raw=raw,
    )


def at_most(what: str, figure: float, unit: str, target: float, compared: str, **raw: Any) -> Row:
    """A row whose figure must stay below *target*."""
    return Row(
        what=what,
        figure=figure,
        unit=unit,
        compared=compared,
        target=f"<= {target:,g}",
        met=figure <= target,
        raw=raw,
    )
