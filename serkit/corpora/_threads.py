"""The same work on many recordings, in threads that hide how long a disk takes to answer."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from serkit.errors import AudioError

Item = TypeVar("Item")
Result = TypeVar("Result")
Progress = Callable[[int, int], None]
"""Told of the number of files done and of all."""


def on_each(
    work: Callable[[Item], Result], items: Sequence[Item], on_progress: Progress | None = None
) -> list[Result | AudioError]:
    """What `work` makes of each item, in their order, or the AudioError that it raised."""

    def attempt(item: Item) -> Result | AudioError:
        try:
            return work(item)
        except AudioError as error:
            return error

    results = []
    with ThreadPoolExecutor() as pool:
        for result in pool.map(attempt, items):  # what is left is not begun when this loop is left early
            results.append(result)
            if on_progress:
                on_progress(len(results), len(items))
    # libsndfile tells why a file cannot be opened in one place for all threads, so that the reason may be another file's.
    pairs = zip(items, results, strict=True)
    return [attempt(item) if isinstance(result, AudioError) else result for item, result in pairs]
