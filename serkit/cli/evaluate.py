"""`serkit evaluate`: how well a model recognizes a corpus that it was not made for."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from serkit.cli._console import out, print_json, progress, say
from serkit.cli._options import named_corpus
from serkit.errors import AudioError, CorpusError, UsageError
from serkit.types import Prediction, Utterance


def evaluate(
    model: Annotated[Path, typer.Argument(help="A Run folder or an .onnx file.", metavar="RUN|FILE.onnx")],
    corpus: Annotated[str, typer.Option(help="The corpus to recognize and score.", metavar="NAME[=ROOT]")],
    partial: Annotated[bool, typer.Option("--partial", help="Accept an incomplete copy of the corpus.")] = False,
    threads: Annotated[int, typer.Option(help="Processor threads; 0 takes all.", min=0, max=1024)] = 0,
    predictions: Annotated[
        Path | None, typer.Option("--out", help="Write every prediction to this CSV file.", metavar="FILE.csv")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
) -> None:
    """Recognize every utterance of a corpus and score the result.

    Utterances whose emotion the model does not know, and files that cannot be read, are left out and counted; files are named.
    """
    from serkit import corpora, files, metrics
    from serkit.cli._scores import scores_json, show_scores
    from serkit.inference import load

    recognizer = load(model, threads)
    if recognizer.spec.task == "regression":
        raise UsageError(f"{model}: it recognizes values of {recognizer.spec.labels[0]}; evaluate scores emotions")
    name, root = named_corpus(corpus)
    utterances = corpora.get(name).read(corpora.locate(name, root), partial=partial)
    labels = recognizer.spec.labels
    foreign = Counter(each.label for each in utterances if each.label not in labels)
    known = [each for each in utterances if each.label in labels]
    if not known:
        raise CorpusError(f"{name}: none of its emotions is one of the model's ({', '.join(labels)})")
    judged: list[tuple[Utterance, Prediction]] = []
    failed = 0
    with progress("recognizing", len(known)) as advance:
        for each in known:
            try:
                judged.append((each, recognizer(each.path, start=each.start, end=each.end)))
            except AudioError as error:
                say(f"serkit: error: {error}")
                failed += 1
            advance()
    if not judged:
        raise CorpusError(f"{name}: none of its {len(known)} files could be recognized")
    scores = metrics.score(
        [labels.index(each.label) for each, _ in judged],
        [labels.index(prediction.emotion) for _, prediction in judged],
        len(labels),
        utterances=[each.id for each, _ in judged],
        groups=[each.speaker for each, _ in judged],
        seeds=[0] * len(judged),
        folds=["all"] * len(judged),
    )
    if predictions:
        files.write(predictions, _csv(judged, labels))
    seen = any(source.corpus in name.split("+") for source in recognizer.spec.trained_on)
    protocol = (
        f"{name}, every recording as it is, {'leaky: the model was trained on this corpus' if seen else 'another corpus'}"
    )
    left_out = dict(foreign) | ({"unreadable": failed} if failed else {})
    if json:
        print_json(scores_json(scores, "evaluation", protocol) | {"labels": list(labels), "left_out": left_out})
    else:
        show_scores(scores, "evaluation", protocol)
        out.print(_emotions(labels, {each.label for each, _ in judged}), markup=False)
        for what, count in left_out.items():
            out.print(f"left out: {count} {what}", markup=False)
        if seen:
            out.print("leaky: this model was trained on this corpus; these are no test scores", markup=False)
    if failed:
        raise typer.Exit(1)


def _emotions(labels: Sequence[str], true: set[str]) -> str:
    """Which of the model's emotions the corpus has."""
    shared = [label for label in labels if label in true]
    missing = [label for label in labels if label not in true]
    return f"scored on: {', '.join(shared)}" + (f"; never true here: {', '.join(missing)}" if missing else "")


def _csv(judged: Sequence[tuple[Utterance, Prediction]], labels: Sequence[str]) -> str:
    """One line for each utterance."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["utterance", "corpus", "speaker", "true", "predicted", *(f"p_{label}" for label in labels)])
    for each, found in judged:
        names = (each.id, each.corpus, each.speaker, each.label, found.emotion)
        writer.writerow([*names, *(f"{found.scores[label]:.9g}" for label in labels)])
    return text.getvalue()
