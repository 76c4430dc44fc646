"""Damaged and strange Runs: one typed line, or a page that is right."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from serkit import report, runs
from serkit.cli import run as command
from serkit.errors import RunError
from serkit.report import _figures, _judged, _tables
from serkit.runs import Epoch, Row, Run, read_rows, write_history, write_rows

MakeRun = Callable[..., Run]


@pytest.fixture
def small(make_run: MakeRun, tmp_path: Path) -> Run:
    return make_run(tmp_path / "run", seeds=(0,), folds=("03",), parts=("test",))


def rows_of(run: Run) -> list[Row]:
    return read_rows(run.folder / "predictions.csv", run.info.labels)


def rewritten(run: Run, change: Callable[[list[Row]], Sequence[Row]]) -> Run:
    write_rows(run.folder / "predictions.csv", change(rows_of(run)), run.info.labels)
    return run


def page(run: Run) -> str:
    with patch("serkit.report._figures.write"):
        return report.write(run, audio=False).read_text(encoding="utf-8")


def first(**changes: object) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [replace(rows[0], **changes), *rows[1:]]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (first(true="calm"), "is 'calm', a label that run.json lacks"),
        (first(probabilities=(float("nan"),) * 7), "has a probability that is no number"),
        (first(probabilities=(float("inf"),) + (0.0,) * 6), "has a probability that is no number"),
        (
            first(probabilities=(0.9, 0.9) + (0.0,) * 5),
            "has probabilities that make no whole (their sum is 1.8, the smallest 0)",
        ),
        (first(probabilities=(1.5, -0.5) + (0.0,) * 5), "the smallest -0.5"),
        (lambda rows: [*rows, rows[0]], "stands there twice as test of fold 03 and seed 0"),
        (first(part="tset"), "is of part 'tset', which is neither validation nor test"),
        (first(seed=7), "is of fold '03' and seed 7, which run.json lacks"),
        (first(fold="99"), "is of fold '99' and seed 0, which run.json lacks"),
        (
            lambda rows: [*rows, replace(rows[0], part="validation", true="sad" if rows[0].true != "sad" else "angry")],
            "has several truths or speakers",
        ),
    ],
)
def test_rows_that_no_training_writes(
    small: Run, change: Callable[[list[Row]], Sequence[Row]], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rewritten(small, change)
    assert command(["report", str(small.folder)]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"serkit: error: {small.folder / 'predictions.csv'}: damaged: '")
    assert said in line
    assert line.count("\n") == 1
    assert not (small.folder / "report.html").exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("p_angry", "p_cross", 1),
        lambda text: text.replace(",part,", ",", 1),
        lambda text: text + "half a row",
        lambda text: text.replace("0.", "x.", 1),
    ],
    ids=["label", "column", "short row", "number"],
)
def test_tables_that_are_none(small: Run, damage: Callable[[str], str], capsys: pytest.CaptureFixture[str]) -> None:
    path = small.folder / "predictions.csv"
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert command(["report", str(small.folder)]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"serkit: error: {path}")
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "damaged (empty)"),
        (b'utterance\n"' + b"a" * 200_000 + b'"\n', "damaged (field larger"),
        (None, "damaged (a folder)"),
    ],
)
def test_files_that_are_no_tables(small: Run, content: bytes | None, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = small.folder / "predictions.csv"
    path.unlink()
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    assert command(["report", str(small.folder)]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"serkit: error: {path}")
    assert said in line
    assert line.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("run.json", "created", 5),
        ("run.json", "seeds", ["x"]),
        ("run.json", "folds", [["03"]]),
        ("run.json", "parameters", "many"),
        ("run.json", "environment", []),
        ("run.json", "protocol", None),
        ("run.json", "corpus_root", None),
        ("run.json", "fingerprint", None),
        ("run.json", "speaker_independent", "no"),
        ("run.json", "task", "guessing"),
        ("run.json", "corpus", {"corpus": "emodb", "licence": "CC0-1.0", "utterances": "many"}),
        ("folds/03-0/result.json", "test_speakers", [3]),
        ("folds/03-0/result.json", "seconds", None),
    ],
)
def test_records_of_another_kind(small: Run, name: str, key: str, value: object, capsys: pytest.CaptureFixture[str]) -> None:
    path = small.folder / name
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | {key: value}), encoding="utf-8")
    assert command(["report", str(small.folder)]) == 2
    line = capsys.readouterr().err
    assert line.startswith(f"serkit: error: {path}: damaged or edited ({key}: ")
    assert line.count("\n") == 1


def test_values_that_are_none() -> None:
    value = Row("u", "c", "s", "03", 0, "test", "nan", (1.0,))
    assert _judged._wrong_value(value) == "has a value that is no number (true 'nan', predicted 1)"
    assert _judged._wrong_value(replace(value, true="much")) is not None
    assert _judged._wrong_value(replace(value, true="1", probabilities=(float("inf"),))) is not None
    assert _judged._wrong_value(replace(value, true="1")) is None


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), 0.0, -0.5, 1e300])
def test_losses_of_any_kind_are_drawn(small: Run, loss: float) -> None:
    epochs = [Epoch(number, 0.01, loss, 0.5, loss, 0.5, 0.5, 1.0) for number in (1, 2)]
    write_history(small.fold("03", 0) / "history.csv", epochs)
    report.write(small, audio=False)
    html = (small.folder / "report.html").read_text(encoding="utf-8")
    assert "How it learned" in html
    assert "nan" not in html.split('id="curves"')[1].split("</section>")[0]


def test_a_history_without_rows(small: Run) -> None:
    write_history(small.fold("03", 0) / "history.csv", [])
    assert "How it learned" not in page(small)


@pytest.mark.parametrize(("name", "make"), [("report.html", Path.mkdir), ("figures", Path.touch)])
def test_what_is_in_the_way_is_named(
    small: Run, name: str, make: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    make(small.folder / name)
    assert command(["report", str(small.folder)]) == 2
    said = capsys.readouterr().err
    assert said == f"serkit: error: {small.folder / name}: is in the way of the page; move it elsewhere\n"


def with_labels(run: Run, labels: Sequence[str], rows: Sequence[Row]) -> Run:
    """The Run with other emotions."""
    path = run.folder / "run.json"
    runs.write(path, json.dumps(json.loads(path.read_text(encoding="utf-8")) | {"labels": list(labels)}))
    write_rows(run.folder / "predictions.csv", rows, labels)
    return Run(run.folder)


def test_one_emotion(small: Run) -> None:
    rows = [replace(row, true="angry", probabilities=(1.0,)) for row in rows_of(small)]
    run = with_labels(small, ["angry"], rows)
    assert report.summary(run).doubts == ("Only angry is true here: such scores say nothing about telling emotions apart.",)
    assert "at their word" not in page(run)


def test_one_utterance(small: Run) -> None:
    rewritten(small, lambda rows: rows[:1])
    html = page(small)
    assert "Scored on 1 utterance only, too few to say anything" in html
    assert "no interval: 1 speaker only" in html


@pytest.mark.slow
def test_two_hundred_emotions(small: Run) -> None:
    labels = [f"emotion {number}" for number in range(200)]
    rows = [
        replace(
            rows_of(small)[0], utterance=f"{number} {time}", true=labels[number], probabilities=_one_hot(200, number + time)
        )
        for number in range(200)
        for time in (0, 0.1, 0.2)
    ]
    run = with_labels(small, labels, rows)
    given = _judged.judged(run)
    assert given is not None
    width, height = _figures.confusion(given).get_size_inches()
    assert max(width, height) <= 16
    html = page(run)
    assert len(html) < 1_000_000
    assert '<table class="confusion">' not in html
    assert "A matrix of 200 emotions could not be read" in html


def _one_hot(size: int, place: float) -> tuple[float, ...]:
    return tuple(1.0 if index == int(place) else 0.0 for index in range(size))


def test_most_frequent_confusions(small: Run) -> None:
    labels = small.info.labels

    def change(rows: list[Row]) -> list[Row]:
        happy = [
            replace(rows[0], utterance=f"h{n}", true="happy", probabilities=_one_hot(7, labels.index("angry")))
            for n in range(3)
        ]
        sad = [
            replace(rows[0], utterance=f"s{n}", true="sad", probabilities=_one_hot(7, labels.index("bored"))) for n in range(2)
        ]
        right = [
            replace(rows[0], utterance=f"r{n}", true="sad", probabilities=_one_hot(7, labels.index("sad"))) for n in range(6)
        ]
        once = [replace(rows[0], utterance="o", true="angry", probabilities=_one_hot(7, 0))]
        return [*happy, *sad, *right, *once]

    given = _judged.judged(rewritten(small, change))
    assert given is not None
    assert _tables.confusions(given) == [
        _tables.Confusion("happy", "angry", 3, 3, 1.0),
        _tables.Confusion("sad", "bored", 2, 8, 0.25),
    ]


def test_nothing_is_written_of_a_damaged_run(small: Run) -> None:
    rewritten(small, first(true="calm"))
    with pytest.raises(RunError, match="calm"):
        report.write(small)
    assert not (small.folder / "figures").exists()
