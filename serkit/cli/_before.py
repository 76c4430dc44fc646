"""What is wrong with a training, as far as that can be told before torch is imported, which takes seconds."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serkit.cli._options import corpus_root
from serkit.errors import RecipeError, UsageError

if TYPE_CHECKING:
    from serkit.corpora.own import OwnCorpus


def check(recipe: str, corpus: str | None, own: "tuple[OwnCorpus, Path] | None", changes: Sequence[str]) -> None:
    """Raises what the training would raise: for a recipe that is none, a corpus that is not there, and data of one's own.

    What cannot be told without torch is left to `serkit.recipe.schema`.
    """
    from serkit.recipe import catalogue

    values = catalogue.load(catalogue.home(recipe) or recipe)
    for change in changes:
        key, equals, _ = change.partition("=")
        if not equals or not key.strip():
            raise RecipeError(f"--set {change}: write it as KEY=VALUE, for example training.epochs=30")
    keys = {change.partition("=")[0].strip().partition(".")[0] for change in changes}
    if own:
        _check_own(*own, values, keys)
    elif "corpus" not in keys:
        _check_ours(corpus, values)


def _check_own(data: "OwnCorpus", root: Path, values: dict[str, Any], keys: set[str]) -> None:
    from serkit.corpora import own
    from serkit.protocols import fitting

    choice: Any = values.get("corpus")
    laid_out = isinstance(choice, dict) and isinstance(choice.get("table"), dict)
    if laid_out and replace(data.layout, skip_bad=False) == own.Layout():
        laid = _layout(choice["table"])
        if laid and "corpus" not in keys:
            own.corpus(data.name, replace(laid, skip_bad=data.layout.skip_bad), choice.get("target")).read(root)
        return
    utterances = data.read(root)
    if not data.target:
        fitting.check_labels(data, root, utterances)
    if "protocol" not in keys:
        fitting.protocol(root, utterances)


def _check_ours(corpus: str | None, values: dict[str, Any]) -> None:
    from serkit import corpora

    choice = values.get("corpus", {})
    name = choice.get("name") if isinstance(choice, dict) else None
    if isinstance(name, str) and "table" not in choice:
        corpora.locate(name, corpus_root(corpus, name))


def _layout(table: object) -> Any:
    """The layout that a recipe gives; None for one that makes no sense, which the recipe's schema tells better."""
    from pydantic import TypeAdapter, ValidationError

    from serkit.corpora import own

    try:
        return TypeAdapter(own.Layout).validate_python(table)
    except (ValidationError, UsageError):
        return None
