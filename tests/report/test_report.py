"""The page against predictions.csv: every figure computed again by scikit-learn or by hand, out of the file itself."""

import base64
import csv
import io
import json
import os
import re
import shutil
import struct
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import soundfile as sf
from sklearn.metrics import accuracy_score, balanced_accuracy_score, confusion_matrix, f1_score, precision_score, recall_score

from serkit import corpora, report
from serkit.errors import RunError
from serkit.report import _calibration, _curves, _figures, _players, _tables
from serkit.report._judged import Judged, judged
from serkit.runs import FINAL, Epoch, Result, Row, Run, read_rows, write_history, write_result, write_rows

MakeRun = Callable[..., Run]
ROOT = Path(__file__).parents[2] / "data" / "emodb"
VOID = {"meta", "link", "br", "hr", "img", "input", "line", "circle", "polyline", "path"}


class Page(HTMLParser):
    """What the tests ask a page for: texts by id, tables by class as rows of cell texts, attributes, plain text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str]]] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self.captions: dict[str, str] = {}
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self.seen.append((tag, values))
        if tag in VOID:
            return
        self.open.append((tag, values))
        if tag == "table":
            self.tables[self.table] = []
        elif tag == "tr":
            self.tables[self.table].append([])
        elif tag in ("th", "td"):
            self.tables[self.table][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        opened, _ = self.open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self.open]
        if "style" in tags:
            return
        self.text += data
        for _, values in self.open:
            if "id" in values:
                self.texts[values["id"]] = self.texts.get(values["id"], "") + data
        if "caption" in tags:
            self.captions[self.table] = self.captions.get(self.table, "") + data
        elif {"th", "td"} & set(tags):
            self.tables[self.table][-1][-1] += data

    @property
    def table(self) -> str:
        """The first class of the table that is open."""
        return next(values.get("class", "").split(" ")[0] for tag, values in reversed(self.open) if tag == "table")

    def attributes(self, tag: str) -> list[dict[str, str]]:
        return [values for name, values in self.seen if name == tag]


def read(run: Run, *, audio: bool | None = None, figures: bool = False) -> Page:
    """Write the page and parse it; drawing figures takes longer than all the rest."""
    with nullcontext() if figures else patch("serkit.report._figures.write"):
        page = Page(report.write(run, audio=audio).read_text(encoding="utf-8"))
    assert not page.open
    return page


def first_number(text: str) -> float:
    return float(re.findall(r"\d+(?:\.\d+)?", text.replace("\u202f", ""))[0])


@pytest.fixture(scope="module")
def full(make_run: MakeRun, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(tmp_path_factory.mktemp("full") / "run")


@pytest.fixture(scope="module")
def page(full: Run) -> Page:
    return read(full, figures=True)


class Columns:
    """predictions.csv as the csv module reads it."""

    def __init__(self, run: Run, part: str = "test") -> None:
        with (run.folder / "predictions.csv").open(newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row["part"] == part]
        self.labels = [key[2:] for key in rows[0] if key.startswith("p_")]
        self.p = np.array([[float(row[f"p_{label}"]) for label in self.labels] for row in rows])
        self.true = np.array([row["true"] for row in rows])
        self.predicted = np.array(self.labels)[self.p.argmax(1)]
        self.seed = np.array([row["seed"] for row in rows])
        self.fold = np.array([row["fold"] for row in rows])
        self.speaker = np.array([row["speaker"] for row in rows])
        self.utterance = np.array([row["utterance"] for row in rows])

    def over_seeds(self, metric: Callable[..., float], **how: object) -> float:
        own = [self.seed == seed for seed in sorted(set(self.seed))]
        return float(np.mean([metric(self.true[rows], self.predicted[rows], **how) for rows in own]))


def test_headline_is_what_scikit_learn_computes(full: Run, page: Page) -> None:
    columns = Columns(full)
    expected = {
        "wa": columns.over_seeds(accuracy_score),
        "ua": columns.over_seeds(balanced_accuracy_score),
        "macro_f1": columns.over_seeds(f1_score, average="macro"),
    }
    scores = report.summary(full).scores
    assert scores is not None
    for key, value in expected.items():
        estimate = getattr(scores, key)
        assert estimate.value == pytest.approx(value)
        shown = page.texts[key]
        assert f"{100 * value:.1f}\u202f%" in shown
        assert f"interval {100 * estimate.low:.1f} to {100 * estimate.high:.1f}" in shown
    pairs = sorted(set(zip(columns.fold, columns.seed, strict=True)))
    hits = columns.true == columns.predicted
    by_fold = np.mean([hits[(columns.fold == fold) & (columns.seed == seed)].mean() for fold, seed in pairs])
    assert page.texts["fold-wa"].startswith(f"{100 * by_fold:.1f}")
    assert page.texts["n"] == "535"
    assert scores.wa.unit == "speaker"
    assert "bootstrap over 10 speakers" in page.text


def test_a_score_is_never_silent(page: Page) -> None:
    assert page.texts["protocol"] == "leave-one-speaker-out, speaker-independent"
    for said in ("2 (0, 1)", "the epoch with the best validation accuracy", "1\u202f070 predictions", "Test scores"):
        assert said in page.text


def test_confusion_and_classes(full: Run, page: Page) -> None:
    columns = Columns(full)
    counts = confusion_matrix(columns.true, columns.predicted, labels=columns.labels)
    head, *rows = page.tables["confusion"]
    assert head[1:] == columns.labels
    for label, expected, (name, *cells) in zip(columns.labels, counts, rows, strict=True):
        assert name == label
        shares = 100 * expected / expected.sum()
        assert cells == [f"{count}{share:.0f}\u202f%" for count, share in zip(expected, shares, strict=True)]
    how = {"labels": columns.labels, "average": None}
    recalls = recall_score(columns.true, columns.predicted, **how)
    precisions = precision_score(columns.true, columns.predicted, **how)
    for index, row in enumerate(page.tables["classes"][1:]):
        assert (row[0], int(row[1]), int(row[2])) == (columns.labels[index], counts[index].sum(), counts[:, index].sum())
        assert (row[3], row[5]) == (f"{100 * recalls[index]:.1f}", f"{100 * precisions[index]:.1f}")


def test_speakers_worst_first(full: Run, page: Page) -> None:
    columns = Columns(full)
    rows = page.tables["speakers"][1:]
    assert sorted(row[0] for row in rows) == sorted(set(columns.speaker))
    was = []
    for speaker, gender, n, wa, _, ua, _ in rows:
        own = columns.speaker == speaker
        assert int(n) == len(set(columns.utterance[own]))
        assert wa == f"{100 * accuracy_score(columns.true[own], columns.predicted[own]):.1f}"
        assert ua == f"{100 * np.mean(recalls_of(columns, own)):.1f}"
        assert gender == ("male" if speaker in ("03", "10", "11", "12", "15") else "female")
        was.append(float(wa))
    assert was == sorted(was)


def recalls_of(columns: Columns, own: np.ndarray) -> list[float]:
    there = sorted(set(columns.true[own]))
    return [float((columns.predicted[own & (columns.true == label)] == label).mean()) for label in there]


def test_chance_is_marked_on_every_bar(full: Run, page: Page) -> None:
    columns = Columns(full)
    share = {label: float((columns.true == label).mean()) for label in columns.labels}
    usual = max(share, key=lambda label: share[label])
    f1 = f1_score(columns.true, [usual] * len(columns.true), average="macro")
    for key, value in {"wa": share[usual], "ua": 1 / 7, "macro_f1": f1}.items():
        assert f"chance {100 * value:.1f}" in page.texts[key]
    marks = [float(values["style"].removeprefix("left:").removesuffix("%")) for values in page.attributes("u")]
    head, rest = marks[:3], marks[3:]
    assert head == pytest.approx([100 * share[usual], 100 / 7, 100 * f1], abs=0.05)
    expected = [value for label in columns.labels for value in (1 / 7, share[label])]
    for row in page.tables["speakers"][1:]:
        own = columns.true[columns.speaker == row[0]]
        expected += [(own == usual).mean(), 1 / len(set(own))]
    assert rest == pytest.approx([100 * value for value in expected], abs=0.05)
    assert all("Chance" in page.captions[table] for table in ("classes", "speakers"))


def test_what_is_confused_most_stands_beside_the_matrix(full: Run, page: Page) -> None:
    columns = Columns(full)
    counts = confusion_matrix(columns.true, columns.predicted, labels=columns.labels)
    shares = 100 * (counts - np.diag(np.diag(counts))) / counts.sum(1, keepdims=True)
    true, answer = np.unravel_index(shares.argmax(), shares.shape)
    _, first, *rest = page.tables["confusions"]
    told = f"{counts[true, answer]} of {counts[true].sum()}"
    assert first == [columns.labels[true], columns.labels[answer], f"{shares.max():.0f}\u202f%", told]
    assert len(rest) == 7
    assert "beside" in {values.get("class") for values in page.attributes("div")}


def test_most_certain_mistakes(full: Run, page: Page) -> None:
    columns = Columns(full)
    found = []
    for utterance in sorted(set(columns.utterance)):
        own = columns.utterance == utterance
        mean, truth = columns.p[own].mean(0), columns.labels.index(columns.true[own][0])
        if mean.argmax() != truth:
            found.append((mean.max(), utterance, columns.labels[mean.argmax()], columns.labels[truth], mean[truth]))
    worst = sorted(found, reverse=True)[:12]
    rows = page.tables["mistakes"][1:]
    assert [row[0] for row in rows] == [each[1] for each in worst]
    for row, (sure, name, predicted, true, rest) in zip(rows, worst, strict=True):
        assert row[1] == name[:2]
        assert row[2].startswith(f"{predicted} {100 * sure:.1f}\u202f%")
        assert row[3] == f"{true} {100 * rest:.1f}\u202f%"
    assert "Lappen" in str(rows) or "Mittwoch" in str(rows) or "Karl" in str(rows)


def test_calibration(full: Run, page: Page) -> None:
    columns = Columns(full)
    sure, hits = columns.p.max(1), columns.true == columns.predicted
    ece, filled = 0.0, 0
    for low in np.arange(10) / 10:
        own = (sure > low) & (sure <= low + 0.1)
        if own.any():
            filled += 1
            ece += own.mean() * abs(sure[own].mean() - hits[own].mean())
    assert page.texts["ece"] == f"{100 * ece:.1f}"
    rows = page.tables["calibration"][1:]
    assert len(rows) == filled
    assert sum(first_number(row[1]) for row in rows) == len(hits)


def test_calibration_by_hand() -> None:
    rows = [Row(f"u{i}", "c", "s", "f", 0, "test", "sad", p) for i, p in enumerate([(0.95, 0.05), (0.95, 0.05), (0.3, 0.7)])]
    table = np.array([row.probabilities for row in rows])
    given = Judged("test", ("sad", "happy"), tuple(rows), np.zeros(3, np.int64), table.argmax(1), table)
    found = _calibration.calibration(given)
    assert found.ece == pytest.approx((2 * 0.05 + 1 * 0.7) / 3)
    assert [(each.low, each.n) for each in found.bins] == [(0.6, 1), (0.9, 2)]


def test_published_figures_stand_beside_ours(page: Page) -> None:
    _, row = page.tables["published"]
    assert row[1] == "80.46"
    assert row[2].startswith(page.texts["wa"].strip().splitlines()[1].split("\u202f")[0])
    assert "one split and one seed, no interval" in row[4]
    assert "Table 2" in row[0]


def test_nothing_is_fetched_and_nothing_runs(page: Page) -> None:
    assert not page.attributes("script")
    for _, values in page.seen:
        for key in ("src", "href", "srcset", "data", "action", "poster"):
            if re.match(r"\s*(https?:)?//", values.get(key, "")):
                assert values[key].startswith("https://doi.org/10.")
        assert not any(key.startswith("on") for key in values)
    policy = next(values["content"] for values in page.attributes("meta") if "http-equiv" in values)
    assert policy.startswith("default-src 'none'")
    css = (Path(report.__file__).parent / "page.css").read_text()
    assert "@import" not in css
    assert "url(" not in css


def test_tables_have_captions_and_pictures_a_text(page: Page) -> None:
    assert set(page.captions) == set(page.tables)
    pictures = [values for values in page.attributes("svg") if values.get("role") == "img"]
    assert len(pictures) == 2
    assert all(values["aria-label"] for values in pictures)
    ids = [values["id"] for _, values in page.seen if "id" in values]
    assert len(ids) == len(set(ids))
    named = [values["aria-labelledby"] for _, values in page.seen if "aria-labelledby" in values]
    assert set(named) <= set(ids)


def test_players_of_a_free_corpus_play_the_utterance(full: Run, page: Page) -> None:
    players = page.attributes("audio")
    assert len(players) == 12
    assert all("controls" in each and each["preload"] == "none" for each in players)
    kind, _, data = players[0]["src"].partition(",")
    assert kind == "data:audio/flac;base64"
    samples, rate = sf.read(io.BytesIO(base64.b64decode(data)))
    original, _ = sf.read(Path(full.info.corpus_root) / "wav" / f"{page.tables['mistakes'][1][0]}.flac")
    assert rate == 16_000
    assert np.abs(samples - original).max() <= 1 / 32768


def test_no_audio_where_the_license_forbids_it_or_nobody_wants_it(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", seeds=(0,))
    assert not read(run, audio=False).attributes("audio")
    info = replace(run.info, corpus=replace(run.info.corpus, corpus="ravdess", licence="CC BY-NC-SA 4.0"))
    run.info = info
    closed = read(run)
    assert not closed.attributes("audio")
    assert "No players: the license of" in closed.captions["mistakes"]
    assert "CC BY-NC-SA 4.0" in closed.captions["mistakes"]


def test_audio_of_a_closed_corpus_on_request_comes_with_a_warning(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = replace(corpora.CORPORA["emodb"], redistributable=False)
    monkeypatch.setitem(corpora.CORPORA, "emodb", closed)
    run = make_run(tmp_path / "run", seeds=(0,))
    assert not read(run).attributes("audio")
    asked = read(run, audio=True)
    assert len(asked.attributes("audio")) == 12
    assert "do not pass it on" in asked.captions["mistakes"]


def test_players_are_limited_in_size(full: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_players, "LIMIT_BYTES", 200_000)
    given = judged(full)
    assert given is not None
    known = _players.known(full, [each.utterance for each in _tables.mistakes(given)])
    found = _players.players(full, known, None)
    assert 0 < len(found.sources) < 12
    assert sum(map(len, found.sources.values())) <= 200_000
    assert "left out" in found.note


def test_a_corpus_that_moved_away(make_run: MakeRun, tmp_path: Path) -> None:
    page = read(make_run(tmp_path / "run", seeds=(0,), corpus_root=str(tmp_path / "gone")))
    assert not page.attributes("audio")
    assert "12 recordings were not found" in page.captions["mistakes"]
    assert all(row[4] != "–" for row in page.tables["mistakes"][1:])  # sentences are told by the name alone


def test_names_are_escaped(make_run: MakeRun, full: Run, tmp_path: Path) -> None:
    given = judged(full)
    assert given is not None
    nasty = '<script>alert("1")</script>&amp;'
    worst = _tables.mistakes(given)[0].utterance
    run = make_run(tmp_path / "run", rename={worst: nasty}, command=f"serkit train {nasty}")
    page = read(run)
    assert page.tables["mistakes"][1][0] == nasty
    assert not page.attributes("script")
    assert page.text.count(nasty) == 2


def test_nothing_says_where_its_owner_keeps_things(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(
        tmp_path / "run",
        seeds=(0,),
        parts=("validation",),
        recipe=f"{tmp_path}/mine.toml",
        command=f"serkit train {tmp_path}/mine.toml --corpus emodb={ROOT} --out {tmp_path}/run --set x.root='{tmp_path}'",
        environment={"python": "3.11.9", "virtual environment": f"{tmp_path}/env/bin"},
        rename={name: f"{tmp_path}/clips/{name}.wav" for name in corpora.EMODB.ids},
    )
    table = f'[corpus.table]\nroot = "{tmp_path}/my clips"\n'
    text = run.recipe_file.read_text(encoding="utf-8").replace('title = "CNN', 'tit = "CNN')
    run.recipe_file.write_text(text.replace("[training]", f"{table}[training]"), encoding="utf-8")
    html = report.write(run, audio=False).read_text(encoding="utf-8")
    assert str(tmp_path) not in html
    assert str(ROOT) not in html
    page = Page(html)
    assert "serkit train .../mine.toml --corpus emodb=data/emodb --out .../run" in page.text
    assert 'root = ".../my clips"' in page.text
    assert page.tables["mistakes"][1][0].startswith(".../")
    assert page.text.lstrip().startswith(".../mine.toml – Run")


def test_names_that_are_no_utf_8_can_be_written(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / os.fsdecode(b"run\xff"), seeds=(0,), parts=("validation",))
    assert r"run\udcff" in report.write(run).read_text(encoding="utf-8")


def test_validation_scores_say_so_loudly(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / "my run", seeds=(0,), parts=("validation",))
    page = read(run)
    found = report.summary(run)
    assert found.part == "validation"
    assert "Validation scores: the test set has not been scored" in page.texts["scores"]
    (warning,) = found.warnings
    assert f"serkit train --resume --out '{run.folder}' --score-test" in warning
    assert warning.replace(str(run.folder), ".../my run") in page.text  # where it lies is nobody's business
    assert "ours are validation scores" in page.captions["published"]
    # Every speaker validates two folds: 1070 predictions of 535 utterances.
    columns = Columns(run, "validation")
    assert len(columns.true) == 1070
    assert page.texts["n"] == "535"
    assert f"{100 * columns.over_seeds(accuracy_score):.1f}\u202f%" in page.texts["wa"]
    assert found.scores is not None
    assert (found.scores.wa.unit, found.scores.wa.units, found.scores.wa.n) == ("speaker", 10, 535)


def test_test_scores_win_over_validation_scores(full: Run, page: Page) -> None:
    found = report.summary(full)
    assert (found.part, found.warnings) == ("test", ())
    assert "not been scored" not in page.text


def test_an_incomplete_run_names_what_is_missing(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", seeds=(0,), unfinished=[("08", 0), ("16", 0)])
    page = read(run)
    assert "Incomplete: 8 of 10 trainings are finished; missing are fold 08 seed 0, fold 16 seed 0." in page.text
    assert "8 of 10" in page.text
    assert report.summary(run).warnings == (
        "Incomplete: 8 of 10 trainings are finished; missing are fold 08 seed 0, fold 16 seed 0.",
    )


def test_a_training_without_test_predictions_is_named(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", seeds=(0,))
    (run.fold("03", 0) / "test.csv").unlink()
    run.collect()
    (warning,) = report.summary(run).warnings
    assert warning == "Partly scored: finished without test predictions are fold 03 seed 0."


@pytest.mark.parametrize(("budget", "said"), [("demo", "no benchmark"), ("screening", "no benchmark"), ("odd", "'odd'")])
def test_a_smaller_budget_is_said(make_run: MakeRun, tmp_path: Path, budget: str, said: str) -> None:
    run = make_run(tmp_path / "run", seeds=(0,), folds=("03", "08"), budget=budget)
    first, few, rare = report.summary(run).warnings
    assert said in first
    assert rare.startswith("Few utterances are")
    assert few == "Scored on 2 speakers only: they say little about others, and have no interval."


def test_known_voices_are_resampled_by_utterance(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", seeds=(0,), speaker_independent=False, protocol="5-fold, speaker-dependent")
    page = read(run)
    scores = report.summary(run).scores
    assert scores is not None
    assert (scores.wa.unit, scores.wa.units) == ("utterance", 535)
    assert "known voices" in page.text
    assert page.texts["protocol"] == "5-fold, speaker-dependent"


def test_nothing_trained_yet(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", seeds=(0,), folds=("03",), unfinished=[("03", 0)])
    (tmp_path / "run/figures").mkdir()
    (tmp_path / "run/figures/confusion.png").write_text("of an earlier state")
    page = read(run, figures=True)
    found = report.summary(run)
    assert (found.part, found.scores) == (None, None)
    assert "Nothing has been scored" in page.text
    assert "0 of 1 trainings are finished" in page.text
    assert not list((tmp_path / "run/figures").iterdir())


def test_a_final_training_needs_no_folds(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", seeds=(0,), folds=("03",), unfinished=[("03", 0)])
    epochs = [Epoch(i, 0.01, 1 / i, 1 - 1 / i, None, None, None, 1.0) for i in range(1, 9)]
    write_history(run.fold(FINAL, 0) / "history.csv", epochs)
    write_result(run.fold(FINAL, 0) / "result.json", Result(FINAL, 0, 8, 8, 8.0, 535, 0, 0, ()))
    page = read(run, figures=True)
    (warning,) = report.summary(run).warnings
    assert warning.startswith("Not scored: it was trained on all utterances")
    assert "missing" not in page.text
    assert {values["class"] for values in page.attributes("polyline")} == {"training mean"}
    assert [path.name for path in (run.folder / "figures").iterdir()] == ["learning_curves.png"]


def test_curves_have_every_training_the_mean_and_the_kept_epochs(full: Run, page: Page) -> None:
    drawn = [values["class"] for values in page.attributes("polyline")]
    assert [drawn.count(kind) for kind in ("training", "validation", "training mean", "validation mean")] == [40, 40, 2, 2]
    trainings = _curves.trainings(full)
    assert len(trainings) == 20
    for training in trainings:
        (dot,) = _curves.chosen(training, _curves.ACCURACY)
        assert dot[1] == pytest.approx(100 * max(epoch.validation_wa or 0 for epoch in training.epochs))
    dots = [values for values in page.attributes("circle") if "r" in values and values["r"] == "2.5"]
    assert len(dots) == 40


def with_training(run: Run, to: Path, line: str, **changes: object) -> Run:
    """A copy of a Run whose recipe trains otherwise."""
    shutil.copytree(run.folder, to)
    text = (to / "recipe.toml").read_text(encoding="utf-8")
    (to / "recipe.toml").write_text(text.replace("[training]", f"[training]\n{line}"), encoding="utf-8")
    info = json.loads((to / "run.json").read_text(encoding="utf-8"))
    (to / "run.json").write_text(json.dumps(info | changes), encoding="utf-8")
    return Run(to)


@pytest.mark.parametrize(
    ("line", "training"),
    [('loss = "l1_onehot"', "L1 to one-hot targets"), ("label_smoothing = 0.1", "cross-entropy to smoothed targets")],
)
def test_losses_that_differ_are_drawn_apart_under_their_names(full: Run, tmp_path: Path, line: str, training: str) -> None:
    run = with_training(full, tmp_path / "run", line)
    html = report.write(run, audio=False).read_text(encoding="utf-8")
    panels = [svg for svg in html.split("<svg")[1:] if 'class="axis"' in svg]
    named = [re.findall(r'text-anchor="middle">([^<]*, [^<]*)</text>', svg)[0] for svg in panels]
    assert named == [f"Training loss, {training}", "Validation loss, cross-entropy", "Accuracy, WA (%)"]
    drawn = [{kind.split()[0] for kind in re.findall(r'<polyline class="([^"]*)"', svg)} - {"halo"} for svg in panels]
    assert drawn == [{"training"}, {"validation"}, {"training", "validation"}]
    epoch = run.history("03", 0)[0]
    first, second, _ = _curves.measures(run)
    assert [first.values(epoch, role) for role in _curves.ROLES] == [epoch.train_loss, None]
    assert [second.values(epoch, role) for role in _curves.ROLES] == [None, epoch.validation_loss]
    axes = _figures.learning_curves(_curves.trainings(run), _curves.measures(run)).axes
    assert [each.get_ylabel() for each in axes] == named


@pytest.mark.parametrize(("loss", "name"), [("l1", "mean absolute error"), ("l2", "mean squared error"), ("ccc", "1 - CCC")])
def test_losses_of_values_have_their_names(full: Run, tmp_path: Path, loss: str, name: str) -> None:
    run = with_training(full, tmp_path / "run", f'loss = "{loss}"', task="regression", labels=["arousal"])
    assert [(each.title, each.axis) for each in _curves.measures(run)] == [("Loss", name)]


def test_stages_are_drawn_apart_each_from_its_first_epoch(full: Run) -> None:
    def epoch(number: int, stage: str) -> Epoch:
        return Epoch(number, 0.1, 1.0 / number, 0.5, 2.0 / number, 0.1 * number, 0.1, 1.0, stage)

    names = ["frlm", "frlm", "urlm", "whole", "whole", "whole"]
    whole = _curves.Training("03", 0, tuple(epoch(number, name) for number, name in enumerate(names, 1)), 5)
    begun = _curves.Training("08", 0, whole.epochs[:1], None)
    found = _curves.by_stage([whole, begun])
    assert {name: [len(each.epochs) for each in own] for name, own in found.items()} == {
        "frlm alone": [2, 1],
        "urlm alone": [1],
        "the whole": [3],
    }
    ((last,),) = [own for name, own in found.items() if name == "the whole"]
    assert [each.epoch for each in last.epochs] == [1, 2, 3]
    assert (last.best_epoch, _curves.chosen(last, _curves.ACCURACY)) == (2, [(2.0, pytest.approx(50.0))])
    assert [each.best_epoch for each in found["frlm alone"]] == [None, None]
    measures = _curves.measures(full)
    assert _curves.panel(found["urlm alone"], measures[0], "urlm alone").title == "Loss, urlm alone"
    assert _curves.by_stage([replace(whole, epochs=whole.epochs[3:])]) == {"": [replace(whole, epochs=whole.epochs[3:])]}
    assert len(_figures.learning_curves([whole], measures).axes) == 6


def test_dots_lie_where_their_values_are() -> None:
    found = _curves.scatter([8.67, 50.0, 98.0], [60.0, 50.0, 20.0])
    assert [text for _, text in found.x_ticks] == [text for _, text in found.y_ticks] == ["20", "40", "60", "80"]
    (x, y), middle, _ = found.dots
    assert (x, found.diagonal[0]) == (found.diagonal[0][0], (_curves.LEFT, _curves.HEIGHT - _curves.BOTTOM))
    between = [(low + high) / 2 for low, high in zip(*found.diagonal, strict=True)]
    assert middle == pytest.approx(
        [a + (50.0 - 53.335) / (98 - 8.67) * (b - a) * 2 for a, b in zip(between, found.diagonal[1], strict=True)], abs=0.2
    )
    assert y < middle[1]
    assert len(_curves.scatter([1.0, 1.0], [1.0, 1.0]).dots) == 2


def test_the_mean_goes_as_far_as_all() -> None:
    assert _curves.mean([[(1, 2.0), (2, 4.0), (3, 9.0)], [(1, 4.0), (2, 0.0)], []]) == [(1, 3.0), (2, 2.0)]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 100, [0, 20, 40, 60, 80, 100]), (0, 2.1, [0, 0.5, 1, 1.5, 2, 2.5]), (1, 60, [1, 10, 20, 30, 40, 50, 60]), (1, 1, [1])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert _curves.ticks(low, high)[: len(expected)] == expected


def test_figures_for_papers(full: Run, page: Page) -> None:  # noqa: ARG001 - the page is written
    for name in ("confusion.png", "learning_curves.png"):
        data = (full.folder / "figures" / name).read_bytes()
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", data[16:24])
        assert 1000 <= width <= 2000
        assert 500 <= height <= 1600
        assert b"pHYs" + struct.pack(">IIB", 7874, 7874, 1) in data  # 200 dots an inch


def test_writing_twice_gives_the_same_bytes_and_no_rest(full: Run, page: Page) -> None:  # noqa: ARG001
    files = [full.folder / "report.html", *sorted((full.folder / "figures").iterdir())]
    before = [path.read_bytes() for path in files]
    report.write(full)
    assert [path.read_bytes() for path in files] == before
    assert not list(full.folder.rglob("*.tmp"))


def test_damage_is_one_line(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", seeds=(0,), folds=("03",))
    rows = read_rows(run.folder / "predictions.csv", run.info.labels)
    write_rows(run.folder / "predictions.csv", [replace(rows[-1], true="calm")], run.info.labels)
    with pytest.raises(RunError, match="a label that run"):
        report.write(run)
    run.collect()
    for text, said in (("title = ", "damaged"), ('[[published]]\nmetric = "x"\n', "lacks value, source")):
        run.recipe_file.write_text(text)
        with pytest.raises(RunError, match=said) as caught:
            report.write(run)
        assert "\n" not in str(caught.value)
    assert not (run.folder / "report.html").exists()
