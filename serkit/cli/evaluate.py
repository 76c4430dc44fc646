"""`serkit evaluate`: how well a model recognizes a corpus that it was not made for."""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serkit.cli._console import out, print_json, progress, say
from serkit.cli._doubts import Doubts
from serkit.cli._heard import Heard
from serkit.cli._options import (
    AudioRoot,
    Columns,
    LabelColumn,
    Map,
    OwnLabels,
    PathColumn,
    RecognizerThreads,
    SpeakerColumn,
    layout,
    own_corpus,
    read_corpus,
)
from serkit.errors import AudioError, CorpusError
from serkit.types import NO_SPEECH, LabelScores, Prediction, Scale, Spec, Utterance

if TYPE_CHECKING:
    from serkit.inference import Recognizer

PART = "evaluation"
Judged = tuple[Utterance, Prediction]


def evaluate(
    model: Annotated[Path, typer.Argument(help="A Run folder or an .onnx file.", metavar="RUN|FILE.onnx")],
    corpus: Annotated[str, typer.Option(help="The corpus to recognize and score.", metavar="NAME[=ROOT]|TABLE|FOLDER")],
    partial: Annotated[bool, typer.Option("--partial", help="Accept an incomplete copy of the corpus.")] = False,
    threads: RecognizerThreads = 1,
    predictions: Annotated[
        Path | None, typer.Option("--out", help="Write every prediction to this CSV file.", metavar="FILE.csv")
    ] = None,
    corpus_labels: Annotated[
        bool, typer.Option("--corpus-labels", help="Choose among the emotions that the corpus has, and no others.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
    path: PathColumn = None,
    label: LabelColumn = None,
    speaker: SpeakerColumn = None,
    column: Columns = None,
    words: Map = None,
    own_labels: OwnLabels = False,
    root: AudioRoot = None,
) -> None:
    """Recognize every utterance of a corpus and score the result: emotions, or values on the model's scale.

    Utterances whose emotion the model does not know, or that have no value on its scale, files that cannot be read and
    recordings without speech are left out and counted; files are named. Whether the model was trained on these recordings is
    told by their samples, where it knows what it was trained on. Where both know the ends of the scale, and these differ, the
    model's values are mapped from its ends to those of the corpus.
    """
    from serkit import files
    from serkit.inference import load
    from serkit.labels import ALL

    if predictions:
        files.target(predictions)
    recognizer = load(model, threads)
    spec = recognizer.spec
    values = spec.task == "regression"
    how = layout(path, label, speaker, column, words, own_labels, root)
    # A corpus that is known by name knows its scales; people's own data has to be told which is wanted.
    target = spec.labels[0] if values and own_corpus(corpus, how) else None
    chosen, utterances = read_corpus(corpus, how, target=target, labels=ALL if values else None, partial=partial)
    name = chosen.name
    known, left_out = (_with_value if values else _with_emotion)(utterances, spec)
    if not known:
        what = f"no utterance has a value of {spec.labels[0]}; its scales are {', '.join(chosen.scales) or 'none'}"
        emotions = f"none of its emotions is one of the model's ({', '.join(spec.labels)})"
        raise CorpusError(f"{name}: {what if values else emotions}")
    doubts = Doubts()
    judged, failed = _recognized(known, recognizer, doubts)
    silent = sum(not found.scores for _, found in judged)
    judged = [each for each in judged if each[1].scores]
    left_out |= {what: count for what, count in (("unreadable", failed), (NO_SPEECH, silent)) if count}
    if not judged:
        raise CorpusError(f"{name}: none of its {len(known)} files could be recognized")
    heard = Heard.of([each.path for each, _ in judged], spec, name)
    if values:
        scored: _Values | _Emotions = _Values(judged, spec, chosen.scales.get(spec.labels[0]))
    else:
        scored = _Emotions(judged, spec, only_true=corpus_labels)
    if predictions:
        files.write(predictions, _csv(scored.columns, scored.lines()))
    protocol = f"{name}, every recording as it is{scored.note}, {heard.told}"
    if json:
        print_json(
            scored.to_dict(protocol)
            | {"labels": list(spec.labels), "left_out": left_out, "trained_on": heard.count, "recordings": heard.total}
        )
    else:
        scored.show(protocol)
        for what, count in left_out.items():
            out.print(f"left out: {count} {what}", markup=False)
        if heard.warning:
            out.print(heard.warning, markup=False)
    doubts.tell(len(known) - failed)
    if failed:
        raise typer.Exit(1)


def _recognized(utterances: Sequence[Utterance], recognizer: "Recognizer", doubts: Doubts) -> tuple[list[Judged], int]:
    """The utterances that can be read, each with what is recognized, and how many cannot; these are named."""
    judged: list[Judged] = []
    with progress("recognizing", len(utterances)) as advance:
        for each in utterances:
            try:
                prediction = recognizer(each.path, start=each.start, end=each.end)
                judged.append((each, prediction))
                doubts.add(each.id, prediction)
            except AudioError as error:
                say(f"serkit: error: {error}")
            advance()
    return judged, len(utterances) - len(judged)


def _with_emotion(utterances: Sequence[Utterance], spec: Spec) -> tuple[list[Utterance], dict[str, int]]:
    """The utterances with an emotion that the model knows, and how many there are of each other one."""
    known = [each for each in utterances if each.label in spec.labels]
    return known, dict(Counter(each.label for each in utterances if each.label not in spec.labels))


def _with_value(utterances: Sequence[Utterance], spec: Spec) -> tuple[list[Utterance], dict[str, int]]:
    """The utterances with a value on the model's scale, and how many there are without."""
    (target,) = spec.labels
    known = [each for each in utterances if target in each.values]
    without = len(utterances) - len(known)
    return known, {f"without {target}": without} if without else {}


class _Emotions:
    """Recognized emotions, scored; speakers are what intervals are over.

    With `only_true` the answer is the most probable of those emotions that are true somewhere.
    """

    def __init__(self, judged: Sequence[Judged], spec: Spec, only_true: bool) -> None:
        from serkit import metrics

        labels = spec.labels
        self.true = {each.label for each, _ in judged}
        self.note = f", answers among its {len(self.true)} emotions alone" if only_true else ""
        self.judged = [(each, _among(self.true, found)) for each, found in judged] if only_true else judged
        judged, self.labels = self.judged, labels
        self.never_true = Counter(found.emotion for _, found in judged if found.emotion not in self.true)
        self.columns = ["utterance", "corpus", "speaker", "true", "predicted", *(f"p_{label}" for label in labels)]
        self.scores = metrics.score(
            [labels.index(each.label) for each, _ in judged],
            [labels.index(found.emotion) for _, found in judged],
            len(labels),
            utterances=[each.id for each, _ in judged],
            groups=[each.speaker for each, _ in judged],
            seeds=[0] * len(judged),
            folds=["all"] * len(judged),
        )

    def lines(self) -> Iterator[list[str]]:
        """A row of the table for each utterance."""
        for each, found in self.judged:
            probabilities = (f"{found.scores[label]:.9g}" for label in self.labels)
            yield [each.id, each.corpus, each.speaker, each.label, found.emotion, *probabilities]

    def to_dict(self, protocol: str) -> dict[str, object]:
        """The scores as plain values."""
        from serkit.cli._scores import scores_json

        return scores_json(self.scores, PART, protocol, self.labels) | {"predicted_never_true": dict(self.never_true)}

    def show(self, protocol: str) -> None:
        """Print the scores, and which of the model's emotions the corpus has."""
        from serkit.cli._scores import show_scores

        show_scores(self.scores, PART, protocol, labels=self.labels)
        missing = [label for label in self.labels if label not in self.true]
        shared = ", ".join(label for label in self.labels if label in self.true)
        out.print(f"scored on: {shared}" + (f"; never true here: {', '.join(missing)}" if missing else ""), markup=False)
        if wrong := sum(self.never_true.values()):
            which = ", ".join(f"{count} {label}" for label, count in self.never_true.most_common())
            out.print(
                f"{wrong} of {len(self.judged)} answers are an emotion that is never true here, and so wrong ({which}); "
                "--corpus-labels chooses among the others",
                markup=False,
            )


def _among(labels: Collection[str], found: Prediction) -> Prediction:
    """The prediction as it is among some of its emotions: their probabilities sum to 1, the others have none."""
    total = sum(score for label, score in found.scores.items() if label in labels)
    scores = {label: score / total if label in labels and total else 0.0 for label, score in found.scores.items()}
    return replace(found, scores=LabelScores(scores))


class _Values:
    """Recognized values, scored on the corpus's scale; speakers are what intervals are over."""

    columns = ("utterance", "corpus", "speaker", "true", "predicted")

    def __init__(self, judged: Sequence[Judged], spec: Spec, scale: Scale | None) -> None:
        from serkit import metrics

        self.judged, self.target, self.scale = judged, spec.labels[0], scale
        self.note = ""
        self.true = [each.values[self.target] for each, _ in judged]
        self.predicted = [found.value for _, found in judged]
        own = spec.scale
        if own and scale and (own.low, own.high) != (scale.low, scale.high):
            times = (scale.high - scale.low) / (own.high - own.low)
            self.predicted = [scale.low + times * (value - own.low) for value in self.predicted]
            self.note = f", values mapped from {own.low:g} to {own.high:g} onto {scale.low:g} to {scale.high:g}"
        self.scores = metrics.score_values(
            self.true,
            self.predicted,
            utterances=[each.id for each, _ in judged],
            groups=[each.speaker for each, _ in judged],
            seeds=[0] * len(judged),
            unit="speaker",
            scale=scale,
        )

    def lines(self) -> Iterator[list[str]]:
        """A row of the table for each utterance."""
        for (each, _), true, predicted in zip(self.judged, self.true, self.predicted, strict=True):
            yield [each.id, each.corpus, each.speaker, f"{true:.9g}", f"{predicted:.9g}"]

    def to_dict(self, protocol: str) -> dict[str, object]:
        """The scores as plain values."""
        from serkit.cli._scores import values_json

        return values_json(self.scores, PART, protocol, self.target, self.scale, cautions=True)

    def show(self, protocol: str) -> None:
        """Print the scores."""
        from serkit.cli._scores import show_values

        show_values(self.scores, PART, protocol, self.target, self.scale, cautions=True)


def _csv(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(lines)
    return text.getvalue()
