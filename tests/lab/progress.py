"""Progress on stderr: a bar on a terminal, nothing that moves elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

T = TypeVar("T")


def progress(items: Sequence[T] | Iterable[T], what: str, total: float | None = None) -> Iterator[T]:
    """The items, with a progress bar on stderr while they are worked on when stderr is a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from items
        return
    yield from track(items, description=what, total=total, console=console, transient=True)


def say(text: str) -> None:
    """One plain line of progress on stderr."""
    Console(stderr=True, highlight=False).print(text, soft_wrap=True)
