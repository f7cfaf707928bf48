"""Progress bars on stderr, for those who ask for them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from .checks import flag

Element = TypeVar("Element")


def tracked(items: Iterable[Element], total: int, label: str, progress: bool) -> Iterator[Element]:
    """The items, with a progress bar if asked for."""
    if not flag("progress", progress):
        yield from items
        return
    from rich.console import Console  # loaded only by those who look at it
    from rich.progress import track

    yield from track(items, label, total=total, console=Console(stderr=True))


@contextmanager
def fraction_bar(label: str, progress: bool) -> Iterator[Callable[[Callable[[], float], str], None]]:
    """A function that shows a fraction, evaluated only if asked for, and a note by a bar on stderr, or does nothing."""
    if not flag("progress", progress):
        yield lambda fraction, note: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda fraction, note: bar.update(task, completed=fraction(), description=f"{label}, {note}")
