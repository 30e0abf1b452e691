"""Columns of equal length that grow and shrink together, one row per person."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]


class Rows:
    """Named columns, of which the first `size` entries are in use; `rows["name"]` is a view of these."""

    def __init__(self, columns: Mapping[str, tuple[type[np.generic], tuple[int, ...]]], capacity: int = 64) -> None:
        self.size = 0
        self._columns = {name: np.zeros((capacity, *shape), dtype) for name, (dtype, shape) in columns.items()}
        self._fresh: dict[str, float] = {}

    def fresh(self, **values: float) -> None:
        """What new rows hold, where that is not 0."""
        self._fresh.update(values)

    def __getitem__(self, name: str) -> Column:
        return self._columns[name][: self.size]

    @property
    def nbytes(self) -> int:
        return sum(column.nbytes for column in self._columns.values())

    def part(self, rows: slice) -> Self:
        """Some of the rows, to read and to write in place; it neither grows nor shrinks."""
        found = copy.copy(self)
        found._columns = {name: self[name][rows] for name in self._columns}  # noqa: SLF001 - one of us
        found.size = len(range(self.size)[rows])
        return found

    def names(self) -> list[str]:
        return list(self._columns)

    def add(self, number: int = 1) -> None:
        need = self.size + number
        for name, column in self._columns.items():
            if need > len(column):
                more = max(need, 2 * len(column)) - len(column)
                self._columns[name] = np.concatenate([column, np.zeros((more, *column.shape[1:]), column.dtype)])
            self._columns[name][self.size : need] = self._fresh.get(name, 0)
        self.size = need

    def drop(self, row: int) -> None:
        """Takes a row away; the last one moves to its place."""
        self.size -= 1
        for column in self._columns.values():
            column[row] = column[self.size]

    def take(self, other: Rows, source: int, target: int) -> None:
        """Copies one row of `other`, which has the same columns, over one of ours."""
        for name, column in self._columns.items():
            column[target] = other._columns[name][source]
