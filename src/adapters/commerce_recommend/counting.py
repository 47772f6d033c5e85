"""Co-purchases as a sparse matrix: items by items, each cell the weight of the baskets that hold
both.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from scipy import sparse  # pyright: ignore[reportMissingTypeStubs]

from commerce_core.kernel.ids import ItemId
from commerce_core.recommendations import Basket, CoPurchases, Neighbour

#: scipy says nothing of its types.
_matrix: Any = sparse.csr_array
#: Cells of the matrix at which the light ones are dropped: some 100 MB.
MOST_CELLS: Final = 8_000_000
#: Lines of baskets that are multiplied at once.
_LINES: Final = 200_000
#: Baskets lose weight with age: what is lighter than this is nothing.
_NOTHING: Final = 1e-30


class SparseCoPurchases(CoPurchases):
    """Counts in one matrix, to which batches of baskets are added.

    It has at most :data:`MOST_CELLS` cells: at the bound each item keeps the heaviest of its row,
    so many that half of the room is free again.
    """

    def __init__(self, most_cells: int = MOST_CELLS) -> None:
        self._most_cells = most_cells
        self._index: dict[ItemId, int] = {}
        self._columns: list[int] = []
        self._rows: list[int] = []
        self._weights: list[float] = []
        self._baskets = 0
        self._sum: Any = _matrix((0, 0), dtype=np.float64)

    def add(self, baskets: Sequence[Basket]) -> None:
        for piece in (piece for basket in baskets for piece in basket.pieces()):
            columns = self._know(piece.items)
            if piece.weight < _NOTHING:
                continue
            self._columns += columns
            self._rows += [self._baskets] * len(columns)
            self._weights += [piece.weight] * len(columns)
            self._baskets += 1
            if len(self._columns) >= _LINES:
                self._multiply()

    def neighbours(self, most: int) -> Iterator[tuple[ItemId, Sequence[Neighbour]]]:
        self._multiply()
        ids = list(self._index)
        norms = np.sqrt(np.maximum(self._sum.diagonal(), _NOTHING))
        indptr, indices, data = self._sum.indptr, self._sum.indices, self._sum.data
        for row in np.argsort(np.array(ids)) if ids else ():
            begin, end = indptr[row], indptr[row + 1]
            columns = indices[begin:end]
            scores = data[begin:end] / (norms[row] * norms[columns])
            other = columns != row
            yield ids[row], _best(ids, columns[other], scores[other], most)
        self._sum = _matrix((0, 0), dtype=np.float64)

    def _know(self, items: Sequence[ItemId]) -> list[int]:
        index = self._index
        return [index.setdefault(item_id, len(index)) for item_id in items]

    def _multiply(self) -> None:
        """Add what was collected to the matrix."""
        size = len(self._index)
        shape = (self._baskets, size)
        roots = np.sqrt(np.array(self._weights, dtype=np.float64))
        lines = _matrix((roots, (self._rows, self._columns)), shape=shape)
        self._columns, self._rows, self._weights, self._baskets = [], [], [], 0
        known: Any = self._sum
        known.resize((size, size))
        together: Any = (known + lines.T @ lines).tocsr()
        if together.nnz > self._most_cells:
            together = _lightened(together, self._most_cells // 2)
        self._sum = together


def _best(ids: Sequence[ItemId], columns: Any, scores: Any, most: int) -> tuple[Neighbour, ...]:
    if len(scores) > most:
        ordered: Any = np.partition(scores, len(scores) - most)
        kept: Any = scores >= ordered[len(scores) - most]
        columns, scores = columns[kept], scores[kept]
    pairs: list[tuple[int, float]] = [*zip(columns.tolist(), scores.tolist(), strict=True)]
    found = [Neighbour(ids[column], min(1.0, score)) for column, score in pairs]
    return tuple(sorted(found, key=lambda near: (-near.score, near.item_id))[:most])


def _lightened(matrix: Any, room: int) -> Any:
    """*matrix* with the diagonal, and the heaviest cells of each row, as many as have *room*."""
    share = max(1, room // matrix.shape[0])
    kept = np.zeros(matrix.nnz, dtype=bool)
    for row in range(matrix.shape[0]):
        begin, end = matrix.indptr[row], matrix.indptr[row + 1]
        if end - begin <= share:
            kept[begin:end] = True
            continue
        heavy = np.argpartition(matrix.data[begin:end], -share)[-share:]
        kept[begin + heavy] = True
        kept[begin:end] |= matrix.indices[begin:end] == row
    cells = matrix.tocoo()
    return _matrix((cells.data[kept], (cells.row[kept], cells.col[kept])), shape=matrix.shape)
