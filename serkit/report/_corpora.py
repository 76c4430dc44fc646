"""The corpus behind a Run: one that serkit knows, or people's own data as their recipe lays it out."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from serkit.corpora import CORPORA, Corpus, own
from serkit.errors import SerkitError
from serkit.report._warnings import read_recipe
from serkit.runs import Run


def corpus_of(run: Run) -> Corpus | None:
    """The corpus, with the counts and speakers of people's own table where that is still there; None for one unknown here."""
    choice = read_recipe(run).get("corpus", {})
    if not isinstance(choice, dict) or "table" not in choice:
        return CORPORA.get(run.info.corpus.corpus)
    try:
        found = own.corpus(
            run.info.corpus.corpus, TypeAdapter(own.Layout).validate_python(choice["table"]), choice.get("target")
        )
    except (ValidationError, SerkitError):
        return None
    try:
        return found.at(Path(run.info.corpus_root))
    except SerkitError:
        return found
