"""A recipe on people's own data: its system, on their recordings, under a protocol that these allow."""

import csv
import hashlib
import io
import math
import os
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from serkit import files
from serkit.corpora import own
from serkit.corpora.own import OwnCorpus
from serkit.errors import CorpusError, Notice, UsageError
from serkit.experiment.plan import HOME, Machine, start
from serkit.experiment.train import score_test as score
from serkit.experiment.train import train
from serkit.protocols.speaker_k_fold import companies
from serkit.recipe import catalogue, schema
from serkit.recipe.schema import AnyRecipe
from serkit.recipe.training import VALUE_LOSSES
from serkit.runs import Run
from serkit.types import Utterance

FOLDS = 5

FEW = 12
"""With fewer clips than these of every emotion, a tenth of four folds out of five may hold none."""


def recipe(name: str, data: OwnCorpus, root: Path, overrides: Sequence[str] = ()) -> AnyRecipe:
    """The recipe called `name`, or the one that the system of that name stands for, on `data` at `root` in place of its corpus.

    A recipe that lays out a table itself is taken as it is, if `data` has no layout. Of any other, what it says of its own
    corpus and of published figures is left out. The protocol is the one that the data allows: its own
    split, else folds over groups of speakers, else, with a Notice, random folds. `overrides` are put over all that. Raises
    CorpusError for data that cannot be learned from, and RecipeError.
    """
    base = catalogue.home(name) or name
    values = catalogue.load(base)
    if "table" in values["corpus"] and data.layout == own.Layout():
        return schema.resolve(values, base, overrides)
    utterances = data.read(root)
    if not data.target:
        _check_labels(root, utterances)
    for key in ("notes", "published"):
        values.pop(key, None)
    layout = {key: value for key, value in asdict(data.layout).items() if value not in (None, {})}
    values["corpus"] = {"name": data.name, "table": layout} | ({"target": data.target} if data.target else {})
    if not any(override.partition("=")[0].strip() == "protocol" for override in overrides):
        values["protocol"] = _protocol(root, utterances)
    values["title"] = f"{(values.get('model') or values['classifier'])['type']} as in the recipe {base}, on {data.name}"
    training = values.get("training")
    if training and data.target and training.get("loss") not in VALUE_LOSSES:
        training.pop("label_smoothing", None)
        training["loss"] = "l1"
    return schema.resolve(values, base, overrides)


def fit(
    table: Any,
    system: str,
    *,
    label: str | None = None,
    speaker: str | None = None,
    target: str | None = None,
    columns: Mapping[str, str] | None = None,
    map: Mapping[str, str] | None = None,
    own_labels: bool = False,
    root: Path | str | None = None,
    name: str | None = None,
    out: Path | str | None = None,
    options: Sequence[str] = (),
    seeds: Sequence[int] = (0,),
    final: bool = False,
    score_test: bool = False,
    jobs: int = 1,
    device: str = "auto",
    threads: int | None = None,
) -> Run:
    """Train a system, or a recipe, on people's own data; see `serkit train` and docs/your_data.md.

    `table` is the path of a table or folder, a pandas DataFrame, or rows as a list of mappings; of the last two a copy is kept
    as CSV beside the Run, whose relative paths start at the current folder, or at `root`. `label`, `speaker` and `columns` (by
    field) name columns or patterns of file names, `map` says what words mean, `target` names a scale in place of emotions.
    `options` are values of the recipe such as "training.epochs=5". `final` trains one model on all data. With neither `final`
    nor `score_test` the Run has validation scores alone.

    Raises a SerkitError, in one line, for whatever is wrong with the table, the recipe or the folder `out`.
    """
    if final and score_test:
        raise UsageError("final trains on all data and leaves no test set; leave out one of the two")
    where = Path(out) if out else None
    given = {"label": label, "speaker": speaker} | dict(columns or {})
    start_at = Path(root) if root else None if isinstance(table, str | os.PathLike) else Path()
    layout = own.Layout(
        {each: column for each, column in given.items() if column is not None},
        dict(map or {}),
        own_labels,
        start_at.absolute() if start_at else None,
    )
    path, copied = (Path(table).expanduser(), False) if isinstance(table, str | os.PathLike) else _kept(table, where)
    run = None
    try:
        chosen = recipe(system, own.corpus(name or path.resolve().stem, layout, target), path, options)
        machine = Machine.resolve(device, 1, threads, jobs, schema.precision_of(chosen))
        plan = start(run_name(chosen), chosen, machine, seeds, where, path, "serkit.fit")
        run = plan.run
        train(plan, final=final, jobs=jobs, notify=lambda _: None)
    except Exception:
        if copied and not (run and run.folder.exists()):
            _forget(path)
        raise
    if score_test:
        score(plan, plan.run.folder.parent / "ledger.csv", "serkit.fit", lambda _: None)
    return plan.run


def run_name(chosen: AnyRecipe) -> str:
    """What a Run of people's own data calls its recipe: no recipe of ours is called so."""
    return f"{chosen.system}/own/{chosen.corpus.name}"


def _check_labels(root: Path, utterances: Sequence[Utterance]) -> None:
    """Raises CorpusError where there are not two labels at least, each of two utterances at least."""
    counts = Counter(each.label for each in utterances)
    if len(counts) < 2:
        raise CorpusError(f"{root}: all its recordings are {next(iter(counts))}; two labels at least can be told apart")
    if alone := sorted(label for label, count in counts.items() if count == 1):
        only = next(each for each in utterances if each.label == alone[0])
        others = f" (and so are {', '.join(alone[1:])})" if len(alone) > 1 else ""
        raise CorpusError(
            f"{root}: only {only.id} is {alone[0]}{others}: what is tested has to be learned from another recording; "
            f"add some, or leave it out with --map '{only.native}='"
        )


def _protocol(root: Path, utterances: Sequence[Utterance]) -> dict[str, Any]:
    """The protocol that fits, as a recipe writes it."""
    if all(each.split for each in utterances):
        if lacking := {"train", "validation", "test"} - {str(each.split) for each in utterances}:
            raise CorpusError(
                f"{root}: its split has no {' and no '.join(sorted(lacking))} part; add one, or leave the column aside "
                "with --column split="
            )
        return {"type": "official"}
    apart = companies(utterances) if all(each.speaker for each in utterances) else []
    if len(apart) >= 3:
        return {"type": "speaker_k_fold", "k": min(FOLDS, len(apart))}
    _tell_dependent(root, utterances, len(apart))
    most = max(Counter(each.label for each in utterances).values())
    k = min(FOLDS, max(2, len(utterances) // 2))
    return {"type": "k_fold", "k": k} | ({"validation": 0.34} if most < FEW else {})


def _tell_dependent(root: Path, utterances: Sequence[Utterance], companies: int) -> None:
    """Warns that speakers will stand on both sides. Raises CorpusError where parts of one recording would."""
    shared = [path for path, count in Counter(each.path for each in utterances).items() if count > 1]
    if shared:
        raise CorpusError(
            f"{root}: {len(shared)} recordings, such as {shared[0]}, hold several utterances, which must not be parted, "
            "and fewer than 3 groups of speakers share none; name who speaks with --speaker, or give a split"
        )
    who = "no speaker is known (see --speaker)" if not companies else f"only {companies} speakers are known, 3 are needed"
    warnings.warn(
        f"{root}: {who}, so the folds are random: whoever is tested may have been trained on, and the scores say how well "
        "known voices are recognized, not how well new ones are",
        Notice,
        stacklevel=3,
    )


def _kept(table: Any, where: Path | None) -> tuple[Path, bool]:
    """A copy of rows as CSV beside the Run, in `where` or below runs/, named by a hash of what it holds.

    So a Run can be continued. Whether it is new is told too. Raises UsageError.
    """
    given = table.astype(object).where(table.notna(), None).to_dict("records") if hasattr(table, "to_dict") else table
    rows = list(given) if isinstance(given, Iterable) else []
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise UsageError("give a path, a DataFrame, or rows as a list of mappings from columns to values, at least one")
    columns = list(dict.fromkeys(str(name) for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({str(name): "" if _nothing(value) else value for name, value in row.items()} for row in rows)
    home = where.parent if where else HOME
    below = files.folder((files.folder(home) if home == HOME else home) / "tables")
    path = below / f"table-{hashlib.sha256(text.getvalue().encode('utf-8', 'surrogateescape')).hexdigest()[:12]}.csv"
    new = not path.exists()
    if new:
        files.write(path, text.getvalue())
    return path, new


def _forget(path: Path) -> None:
    """Remove the copy of rows that no Run came of, and the folders that held nothing else."""
    path.unlink(missing_ok=True)
    with suppress(OSError):
        path.parent.rmdir()
        HOME.rmdir()


def _nothing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
