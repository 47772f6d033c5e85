"""What becomes of some rows of an import."""

from collections.abc import Sequence, Set
from typing import Final

import attrs

from commerce_core.catalog.model import Item, ItemImport, RowError
from commerce_core.catalog.service.compose import Composed
from commerce_core.catalog.service.gather import ItemRows, LineProblem
from commerce_core.kernel.codec import storable_text
from commerce_core.kernel.errors import Invalid
from commerce_core.kernel.ids import SkuId

#: Errors, and warnings, that an import reports; later ones are only counted.
MOST_ERRORS: Final = 1_000
#: Errors that one row may add to them.
_MOST_OF_A_ROW: Final = 100


class Batch:
    """Counts and errors of some rows, and the items that they make and change."""

    def __init__(self) -> None:
        self.created: list[Composed] = []
        self.changed: list[tuple[ItemRows, Item, Composed]] = []
        self.unchanged = 0
        self.latest: tuple[tuple[str, int], ...] = ()
        self._errors: list[RowError] = []
        self._warnings: list[RowError] = []
        self._failed = 0

    def refuse(self, line: int, pointer: str, detail: str) -> None:
        """The row on *line* is not taken."""
        self.refuse_item([LineProblem(line, pointer, detail)])

    def refuse_all(self, line: int, error: Invalid) -> None:
        """The row on *line* is not taken, for every reason in *error*."""
        self.refuse_item(
            [LineProblem(line, p.pointer, p.detail) for p in error.problems[:_MOST_OF_A_ROW]]
        )

    def refuse_item(self, problems: Sequence[LineProblem]) -> None:
        """An item, or a single row, is not taken, for all these reasons on its lines."""
        self._errors += [
            RowError(line=p.line, pointer=storable_text(p.pointer), detail=storable_text(p.detail))
            for p in problems[:_MOST_OF_A_ROW]
        ]
        self._failed += 1

    def refuse_dropping(self, sku_ids: Set[SkuId]) -> None:
        """The items that would lose one of the forms *sku_ids* are not changed."""
        for change in list(self.changed):
            rows, before, composed = change
            remaining = {v.sku_id for v in composed.item.variants}
            removed = [
                v.variant_id
                for v in before.variants
                if v.sku_id not in remaining and v.sku_id in sku_ids
            ]
            if removed:
                self.changed.remove(change)
                detail = "is in stock or held for orders: it cannot be deleted"
                on = [rows.forms[variant_id] for variant_id in removed if variant_id is not None]
                self.refuse_item(
                    [LineProblem(form.line, f"{form.pointer}/deleted", detail) for form in on]
                )

    def warn(self, line: int, detail: str, pointer: str = "") -> None:
        """Say something of a row that is taken; nothing if there is nothing to say."""
        if detail:
            self._warnings.append(
                RowError(line=line, pointer=storable_text(pointer), detail=storable_text(detail))
            )

    def added_to(self, job: ItemImport) -> ItemImport:
        """*job* with the counts, errors and warnings of this batch, those of the first lines
        kept.
        """
        before = job.progress
        errors = sorted((*job.errors, *self._errors), key=lambda error: error.line)
        warnings = sorted((*job.warnings, *self._warnings), key=lambda warning: warning.line)
        handled = len(self.created) + len(self.changed) + self.unchanged
        progress = attrs.evolve(
            before,
            rows=before.rows + handled + self._failed,
            created=before.created + len(self.created),
            changed=before.changed + len(self.changed),
            unchanged=before.unchanged + self.unchanged,
            failed=before.failed + self._failed,
            errors_truncated=before.errors_truncated or len(errors) > MOST_ERRORS,
            latest=self.latest or before.latest,
        )
        return attrs.evolve(
            job,
            progress=progress,
            errors=tuple(errors[:MOST_ERRORS]),
            warnings=tuple(warnings[:MOST_ERRORS]),
        )
