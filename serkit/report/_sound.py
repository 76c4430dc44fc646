"""Whether what a Run says of itself is of the kind that a training writes: run.json and result.json can be edited by hand."""

from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from serkit.errors import RunError
from serkit.runs import Run


def check(run: Run) -> None:
    """Raises RunError, with the file and the key, for a value of another kind."""
    _check(run.info, run.folder / "run.json")
    for result in run.results():
        _check(result, run.fold(result.fold, result.seed) / "result.json")


def _check(record: Any, path: Path) -> None:
    for key, hint in get_type_hints(type(record)).items():
        value = getattr(record, key)
        if is_dataclass(value):
            _check(value, path)
            continue
        try:
            _adapter(hint).validate_python(value, strict=True)
        except ValidationError:
            raise RunError(f"{path}: damaged ({key} is {str(value)[:40]!r})") from None


@cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)
