"""Features ahead of their use: of every utterance, into the cache, in as many processes as there are cores to spare."""

import multiprocessing
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serkit import audio, cache, files
from serkit.augment import babbles
from serkit.cache import Cache, Entry
from serkit.errors import CacheError, Notice, OutputError, SerkitError
from serkit.recipe import build
from serkit.recipe.baseline import AnyFunctionals
from serkit.recipe.schema import AnyRecipe, Recipe
from serkit.train.processes import unheard_interrupts
from serkit.train.store import Change, Store
from serkit.train.vectors import vectors
from serkit.types import Utterance

Tell = Callable[[], None]
"""Told of each utterance that is done."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An utterance whose features could not be computed, and why."""

    utterance: str
    reason: str


@dataclass(frozen=True, slots=True)
class Work:
    """Whose features: the recipe's, in that cache, its noisy copies as these seeds draw them."""

    recipe: AnyRecipe
    folder: Path
    seeds: tuple[int, ...]


def fill(work: Work, utterances: Sequence[Utterance], workers: int, tell: Tell) -> list[Failure]:
    """Put all features of the utterances into the cache, where they are not there yet, and return what failed.

    Whatever was computed stays when this is stopped. Raises CacheError where a process dies, and OutputError
    where the cache's folder is none.
    """
    filler = _Filler(work)  # here too where others do the work: what is wrong with the recipe is said once
    outcomes = map(filler, utterances) if workers == 1 else _side_by_side(work, utterances, workers)
    failures: list[Failure] = []
    for outcome in outcomes:
        if outcome:
            failures.append(outcome)
        tell()
    return failures


class _Filler:
    """Computes what one utterance needs."""

    def __init__(self, work: Work) -> None:
        self.work, self.cache = work, Cache(work.folder)
        recipe = work.recipe
        self.stores: list[Store] = []
        if isinstance(recipe, Recipe):
            system = build.system(recipe, 2)
            self.stores = [Store(recipe, system, (), seed, self.cache, needed=True) for seed in work.seeds]
        else:
            vectors(recipe.functionals)

    def __call__(self, utterance: Utterance) -> Failure | None:
        try:
            if isinstance(self.work.recipe, Recipe):
                for store in self.stores:
                    store.kept(utterance, None)
                    for number in range(1, self.work.recipe.noise.copies + 1):
                        store.kept(utterance, Change("noise", number))
                    # A babble is made of a fold's own training utterances, which only a training knows.
                    for change in [] if babbles(self.work.recipe.augmentation.fixed) else store.fixed([utterance]):
                        store.kept(utterance, change)
                    store.forget()
            else:
                functionals(self.work.recipe.functionals, utterance, self.cache)
        except OutputError:
            raise  # of the cache's folder, and so of every utterance
        except SerkitError as error:
            return Failure(utterance.id, str(error))
        return None


def functionals(config: AnyFunctionals, utterance: Utterance, kept_in: Cache | None) -> Entry:
    """Functionals of an utterance, from the cache where it has them."""
    about: dict[str, Any] = {}
    made = vectors(config)
    if kept_in:
        about = {
            "audio": files.sha256(utterance.path),
            "start": utterance.start,
            "end": utterance.end,
            "front_end": config.model_dump(mode="json"),
            "version": made.version,
        }
        if entry := kept_in.read(cache.key(about)):
            return entry
    values = made.compute(audio.read(utterance.path, made.rate, start=utterance.start, end=utterance.end))
    entry = Entry(values[None], (1,))
    if kept_in:
        kept_in.write(cache.key(about), entry, about | {"utterance": utterance.id, "corpus": utterance.corpus})
    return entry


_filler: _Filler | None = None
"""Of a worker process."""


def _begin(work: Work) -> None:
    global _filler  # noqa: PLW0603 - a pool has no other way to give its workers something once
    warnings.simplefilter("ignore", Notice)  # the parent has said it
    _filler = _Filler(work)


def _one(utterance: Utterance) -> Failure | None:
    assert _filler is not None
    return _filler(utterance)


def _side_by_side(work: Work, utterances: Sequence[Utterance], workers: int) -> Iterator[Failure | None]:
    """What each utterance came to, in the order in which they are done."""
    with _pool(work, min(workers, max(1, len(utterances)))) as pool:
        try:
            with unheard_interrupts():
                begun = [pool.submit(_one, each) for each in utterances]
            for done in as_completed(begun):
                yield done.result()
        except BrokenProcessPool:
            raise CacheError(
                f"{work.folder}: a process that computed features ended; what was done is kept, run the same command again"
            ) from None


@contextmanager
def _pool(work: Work, workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that end when the block does, without what they have not begun."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _begin, (work,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
