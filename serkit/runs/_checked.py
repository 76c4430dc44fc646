"""Whether what a Run folder's JSON says can be what serkit wrote: types and ranges, before anything is done with it."""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, get_args

from serkit.errors import RunError
from serkit.types import Task

MOST = 1024
"""Threads, or devices, that a training may have: the most that the commands take."""

Check = Callable[[Any], bool]


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _few(value: Any) -> bool:
    return _count(value) and 1 <= value <= MOST


def _device(value: Any) -> bool:
    return _text(value) and (found := re.fullmatch(r"(cpu|cuda) x (\d{1,4})", value)) is not None and _few(int(found[2]))


def _inside(value: Any) -> bool:
    """Whether it names a folder below another one, wherever that is."""
    if not _text(value) or not value or "\0" in value:
        return False
    return not any(path.anchor or ".." in path.parts for path in (PurePosixPath(value), PureWindowsPath(value)))


def _several(check: Check, *, least: int = 1) -> Check:
    """A list of different values which are so."""

    def so(value: Any) -> bool:
        listed = isinstance(value, list | tuple) and len(value) >= least and all(map(check, value))
        return listed and len(set(value)) == len(value)

    return so


def _texts(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_text, (*value, *value.values())))


def _source(value: Any) -> bool:
    wanted = {"corpus": _text, "licence": _text, "utterances": _count}
    return isinstance(value, Mapping) and all(check(value.get(key)) for key, check in wanted.items())


def _seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


RUN: Mapping[str, tuple[Check, str]] = {
    **dict.fromkeys(
        ("fingerprint", "recipe", "system", "corpus_root", "protocol", "selection", "created", "command"), (_text, "a text")
    ),
    "corpus": (_source, "a corpus with its licence and how many utterances it has"),
    "labels": (_several(lambda value: _text(value) and value != ""), "a list of labels"),
    "folds": (_several(_inside), "a list of names of folders"),
    "seeds": (_several(_count), "a list of whole numbers from 0 on"),
    "speaker_independent": (lambda value: isinstance(value, bool), "true or false"),
    "checksums": (lambda value: isinstance(value, bool), "true or false"),
    "parameters": (_count, "a whole number from 0 on"),
    "device": (_device, "such as 'cpu x 1'"),
    "precision": (lambda value: value in ("float32", "bf16", "float64"), "float32, bf16 or float64"),
    "threads": (_few, f"a whole number from 1 to {MOST}"),
    "environment": (_texts, "texts by their names"),
    "task": (lambda value: value in get_args(Task), f"one of {', '.join(get_args(Task))}"),
}
RESULT: Mapping[str, tuple[Check, str]] = {
    "fold": (_inside, "the name of a folder"),
    **dict.fromkeys(
        ("seed", "best_epoch", "epochs", "train_utterances", "validation_utterances", "test_utterances"),
        (_count, "a whole number from 0 on"),
    ),
    "seconds": (_seconds, "a number from 0 on"),
    "test_speakers": (_several(_text, least=0), "a list of texts"),
}


def check(values: Mapping[str, Any], wanted: Mapping[str, tuple[Check, str]], path: Path) -> None:
    """Raises RunError for the first of the `values` that is not as `wanted`; what is not there is not looked for."""
    for key, (is_so, what) in wanted.items():
        if key in values and not is_so(values[key]):
            raise RunError(f"{path}: damaged or edited ({key}: {_shown(values[key])} is not {what})")


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested too deeply, or a number of too many digits
        text = f"a {type(value).__name__}"
    return text if len(text) <= 40 else f"{text[:37]}..."
