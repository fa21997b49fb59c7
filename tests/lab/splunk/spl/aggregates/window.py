"""The best value of a window that values enter at one end and leave at the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from ..values import Scalar


class Best:
    """The value with the best key among those in the window, in constant time per value (a monotone queue).

    replaces(newer key, older key): whether a newer value makes an older one irrelevant for as long as both are in.
    """

    def __init__(self, replaces: Callable[[Any, Any], bool]) -> None:
        self._replaces = replaces
        self._queue: deque[tuple[int, Any, Scalar]] = deque()
        self._added = self._removed = 0

    def add(self, key: Any, value: Scalar) -> None:
        queue, replaces = self._queue, self._replaces
        while queue and replaces(key, queue[-1][1]):
            queue.pop()
        queue.append((self._added, key, value))
        self._added += 1

    def remove_oldest(self) -> None:
        if self._queue[0][0] == self._removed:
            self._queue.popleft()
        self._removed += 1

    def __bool__(self) -> bool:
        return bool(self._queue)

    @property
    def key(self) -> Any:
        return self._queue[0][1]

    @property
    def value(self) -> Scalar:
        return self._queue[0][2]
