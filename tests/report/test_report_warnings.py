"""What a Run says of itself before its figures, with predictions built by hand: summary, page and commands."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from serkit import report
from serkit.cli import run as command
from serkit.report import ablation
from serkit.runs import Result, Row, Run, read_rows, write_result, write_rows

MakeRun = Callable[..., Run]
COLLAPSED = (
    "It answers angry for everything: 1/7 UA (14.3 %) is chance, and WA 23.7 % is the share of utterances that are angry."
)


def answering(run: Run, answer: Callable[[Row], str], sure: float = 0.9) -> Run:
    """The Run with other answers: `answer` gets a row and says the label that is given the probability `sure`."""
    labels = run.info.labels
    rest = (1 - sure) / (len(labels) - 1)

    def told(row: Row) -> Row:
        return replace(row, probabilities=tuple(sure if label == answer(row) else rest for label in labels))

    write_rows(run.folder / "predictions.csv", map(told, read_rows(run.folder / "predictions.csv", labels)), labels)
    return run


def html(run: Run) -> str:
    with patch("serkit.report._figures.write"):
        return " ".join(report.write(run, audio=False).read_text(encoding="utf-8").split())


@pytest.fixture
def loso(make_run: MakeRun, tmp_path: Path) -> Run:
    return make_run(tmp_path / "run", seeds=(0,))


def test_one_answer_for_everything_comes_first(loso: Run, capsys: pytest.CaptureFixture[str]) -> None:
    answering(loso, lambda _: "angry", sure=0.24)  # as sure as it is right
    first, *_ = report.summary(loso).warnings
    assert first == COLLAPSED
    page = html(loso)
    assert page.index("It answers angry for everything:") < page.index('id="scores"')
    assert "names angry whatever it hears" in page
    assert "at their word" not in page
    assert command(["report", str(loso.folder), "--no-audio"]) == 0
    assert capsys.readouterr().out.startswith(COLLAPSED)
    assert command(["report", str(loso.folder), "--no-audio", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["warnings"][0] == COLLAPSED


def test_probabilities_are_praised_only_where_they_hold(loso: Run) -> None:
    def mostly(row: Row) -> str:
        return row.true if sum(map(ord, row.utterance)) % 10 else "bored"

    right = sum(mostly(row) == row.true for row in read_rows(loso.folder / "predictions.csv", loso.info.labels)) / (3 * 535)
    assert "on the whole its probabilities can be taken at their word" in html(answering(loso, mostly, sure=right))
    assert "promise too much" in html(answering(loso, mostly, sure=0.99))
    assert "promise too little" in html(answering(loso, mostly, sure=0.6))
    guessed = html(answering(loso, lambda row: loso.info.labels[sum(map(ord, row.utterance)) % 7], sure=1 / 7 + 0.005))
    assert "not shown to be better than chance, so that its probabilities" in guessed
    assert "at their word" not in guessed


def test_probabilities_that_agree_on_the_mean_alone(loso: Run) -> None:
    labels = loso.info.labels

    rows = [row for row in read_rows(loso.folder / "predictions.csv", labels) if row.part == "test"]
    told = []
    for number, row in enumerate(rows):  # every other one is sure and often wrong, the rest unsure and always right
        wrong = "angry" if row.true != "angry" else "bored"
        sure, answer = (0.98, wrong if number % 10 in (1, 3) else row.true) if number % 2 else (0.62, row.true)
        told.append(replace(row, probabilities=tuple(sure if label == answer else (1 - sure) / 6 for label in labels)))
    write_rows(loso.folder / "predictions.csv", told, labels)
    page = html(loso)
    assert "agree on the whole, but not at every level" in page
    assert "at their word" not in page


def test_votes_are_no_probabilities(make_run: MakeRun, tmp_path: Path) -> None:
    page = html(make_run(tmp_path / "run", seeds=(0,), system="linear_svm"))
    assert "of a support vector machine are its votes" in page
    assert "promise too" not in page


def test_a_training_that_collapsed_is_named(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    answering(
        run, lambda row: "sad" if (row.fold, row.seed) == ("08", 1) else row.true if row.utterance[-1] != "b" else "bored"
    )
    first, *_ = report.summary(run).warnings
    assert first == "Collapsed: 1 of 20 trainings answer one emotion for everything: fold 08 seed 1 (sad)."


def test_all_right_is_suspicious(loso: Run) -> None:
    answering(loso, lambda row: row.true)
    (said,) = report.summary(loso).warnings
    assert said.startswith("All 535 utterances are recognized, which is suspicious: ")
    page = html(loso)
    assert "All 535 utterances are recognized" in page
    assert "Every utterance was recognized: see above" in page


def test_answers_that_are_never_given_are_named(loso: Run) -> None:
    answering(loso, lambda row: row.true if row.true not in ("happy", "bored") else "angry")
    assert "It never answers happy or bored, true in 152 of 535 cases." in report.summary(loso).warnings


def test_who_speaks_tells_the_emotion(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", seeds=(0,), folds=("03", "08"), speaker_independent=False)
    rows = read_rows(run.folder / "predictions.csv", run.info.labels)
    meant = {row.speaker: "angry" if row.speaker == "03" else "sad" for row in rows}
    write_rows(run.folder / "predictions.csv", [replace(row, true=meant[row.speaker]) for row in rows], run.info.labels)
    told = [each for each in report.summary(run).warnings if each.startswith("Who speaks")]
    assert told == [
        "Who speaks tells the emotion in 100.0 % of the cases (54.2 % without that): "
        "the scores may be those of recognizing voices."
    ]


def test_who_speaks_is_no_matter_where_everybody_says_everything(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", seeds=(0,), speaker_independent=False)
    assert report.summary(run).warnings == ()


def test_a_choice_by_few_is_said(loso: Run) -> None:
    write_result(loso.fold("03", 0) / "result.json", Result("03", 0, 3, 9, 6.0, 480, 4, 49, ("03",)))
    assert (
        "Epochs were chosen on as few as 4 utterances, which is hardly better than by chance." in report.summary(loso).warnings
    )


def test_edits_are_said_everywhere_first(
    loso: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Run, "edited", ("predictions.csv", "run.json"), raising=False)
    sentence = "Edited after it was written: predictions.csv, run.json; its scores are not those of the training."
    answering(loso, lambda _: "angry")
    assert report.summary(loso).warnings[:2] == (sentence, COLLAPSED)
    assert "<strong>Edited after it was written: </strong>" in html(loso)
    assert command(["report", str(loso.folder), "--no-audio"]) == 0
    assert capsys.readouterr().out.startswith(sentence)


def test_a_collapsed_ablation_says_so(loso: Run) -> None:
    answering(loso, lambda _: "angry")
    found = ablation.ablation([ablation.Member("amsnet/emodb/M1", "without it", loso, 1, 1)])
    assert found.lines[0].doubts == (COLLAPSED,)
    assert ablation.note(found).endswith(f" M1: {COLLAPSED}")
    assert "`serkit ablate amsnet --out .../x`" in ablation.markdown(found, "amsnet", "serkit ablate amsnet --out /home/me/x")
    assert found.to_dict()["rows"][0]["warnings"] == [COLLAPSED]
