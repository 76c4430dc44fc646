"""Folders of results: every figure recomputed from the predictions that lie beside it, by scikit-learn."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sklearn.metrics import accuracy_score, recall_score

from serkit import corpora, experiment
from serkit.cli import run as command
from serkit.errors import RunError
from serkit.recipe import schema
from serkit.report import _paired, publish
from serkit.runs import Run

HOLDOUT = "protocol={type='speaker_holdout', test=['03', '08', '09', '15', '16'], validation=['13', '12']}"


@pytest.fixture(scope="module")
def scored(small_emodb, small_ids, tiny_recipe, tmp_path_factory):
    """Two scored Runs on one split, a system of two seeds and the majority, and one that was not scored."""
    folder = tmp_path_factory.mktemp("published")
    found = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, ids=small_ids))
        for name, seeds in ((str(tiny_recipe), (0, 1)), ("baseline/emodb/majority", (0,)), (str(tiny_recipe), (5,))):
            recipe = schema.load(name, [HOLDOUT])
            machine = experiment.Machine("cpu", 1, 1, "float32")
            plan = experiment.start(name, recipe, machine, seeds, folder / f"run{len(found)}", small_emodb, "serkit train it")
            experiment.train(plan, final=False, jobs=1, notify=lambda _: None)
            if len(found) < 2:
                ask = f"serkit train {Path(name).stem} --score-test"
                experiment.score_test(plan, folder / "ledger.csv", ask, lambda _: None)
            found.append(plan.run.folder)
    return found


EMODB_CLIPS = tuple(f"{who}a01{letter}a" for who in ("03", "08", "09", "10") for letter in ("N", "W"))


def test_every_figure_comes_from_the_predictions(scored, tmp_path, capsys):
    to = tmp_path / "results"
    assert command(["publish", str(scored[0]), str(scored[1]), "--to", str(to)]) == 0
    assert "table.tex" in capsys.readouterr().out
    table = json.loads((to / "table.json").read_text(encoding="utf-8"))
    majority = Run(scored[1]).info.id
    assert [row["name"] for row in table] == ["tiny", f"baseline-emodb-majority-{majority}"]
    for row, folder in zip(table, scored, strict=False):
        with (to / row["name"] / "predictions.csv").open(newline="", encoding="utf-8") as stream:
            lines = [line for line in csv.DictReader(stream) if line["part"] == "test"]
        scores = {"wa": [], "ua": []}
        for seed in row["seeds"]:
            own = [line for line in lines if int(line["seed"]) == seed]
            true = [line["true"] for line in own]
            predicted = [max(row["labels"], key=lambda label: float(line[f"p_{label}"])) for line in own]
            scores["wa"].append(accuracy_score(true, predicted))
            scores["ua"].append(recall_score(true, predicted, labels=sorted(set(true)), average="macro", zero_division=0))
        for name, values in scores.items():
            assert row[name]["value"] == pytest.approx(sum(values) / len(values), abs=1e-6)
        assert row["n"] == len({line["utterance"] for line in lines})
        assert row["run"] == Run(folder).info.id
        assert row["command"] == "serkit train it"
    first, other = table
    assert first["difference"] is None
    assert other["difference"]["from"] == "tiny"
    assert other["difference"]["wa"]["value"] == pytest.approx(other["wa"]["value"] - first["wa"]["value"], abs=2e-6)
    text = (to / "README.md").read_text(encoding="utf-8")
    for row in table:
        assert f"| {100 * row['wa']['value']:.1f} [{100 * row['wa']['low']:.1f}, {100 * row['wa']['high']:.1f}] |" in text
        assert f"(Run {row['run']}, serkit " in text
        assert f"`{row['command']}`" in text
    assert "no benchmark" in text  # the demo's budget
    latex = (to / "table.tex").read_text(encoding="utf-8")
    assert latex.count(r" \\") == 1 + 1 + 2
    assert "%" not in latex.replace(r"\%", "")
    assert "_" not in latex.replace(r"\_", "")
    assert str(scored[0]) not in "".join(path.read_text(encoding="utf-8") for path in to.rglob("*") if path.is_file())


def test_every_epoch_is_published(scored, tmp_path):
    to = tmp_path / "results"
    assert command(["publish", str(scored[0]), str(scored[1]), "--to", str(to)]) == 0
    with (to / "tiny" / "history.csv").open(newline="", encoding="utf-8") as stream:
        found = list(csv.DictReader(stream))
    wanted = []
    for seed in ("0", "1"):
        with (scored[0] / "folds" / f"holdout-{seed}" / "history.csv").open(newline="", encoding="utf-8") as stream:
            wanted += [{"fold": "holdout", "seed": seed} | line for line in csv.DictReader(stream)]
    assert found == wanted
    assert len(wanted) >= 2
    (baseline,) = (path for path in to.iterdir() if path.name.startswith("baseline"))
    assert not (baseline / "history.csv").exists()


def test_a_row_takes_the_place_of_an_earlier_one(scored, tmp_path):
    for _ in range(2):
        publish.add(Run(scored[0]), tmp_path)
    publish.add(Run(scored[1]), tmp_path)
    assert len(json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))) == 2


def copied(run, to, **changes):
    """A copy of a Run folder whose run.json says something else."""
    shutil.copytree(run, to)
    info = json.loads((to / "run.json").read_text(encoding="utf-8"))
    (to / "run.json").write_text(json.dumps(info | changes), encoding="utf-8")
    return Run(to)


def test_another_run_needs_replace(scored, tmp_path):
    publish.add(Run(scored[0]), tmp_path / "to")
    other = copied(scored[0], tmp_path / "other", fingerprint="f" * 64)
    with pytest.raises(RunError, match="--replace"):
        publish.add(other, tmp_path / "to")
    publish.add(other, tmp_path / "to", replace=True)
    (row,) = json.loads((tmp_path / "to" / "table.json").read_text(encoding="utf-8"))
    assert row["run"] == "f" * 12


def test_what_was_changed_stands_in_the_row(scored, tmp_path):
    """A bundled recipe with --set: its own row, with what differs in its title."""
    place = publish.add(Run(scored[1]), tmp_path)
    row = json.loads((place / "row.json").read_text(encoding="utf-8"))
    assert place.name == f"baseline-emodb-majority-{row['run']}"
    assert "(changed: protocol." in row["title"]
    assert "protocol.type" in row["title"]


def test_what_was_not_scored_is_no_row(scored, tmp_path, capsys):
    unscored = "only a complete Run whose whole test was scored"
    with pytest.raises(RunError, match=unscored):
        publish.add(Run(scored[2]), tmp_path / "to")
    partly = copied(scored[0], tmp_path / "partly")
    (partly.fold("holdout", 1) / "test.csv").unlink()
    partly.collect()
    with pytest.raises(RunError, match=unscored):
        publish.add(partly, tmp_path / "to")
    unentered = copied(scored[0], tmp_path / "unentered")
    (unentered.folder / "scored.json").unlink()
    with pytest.raises(RunError, match=unscored):
        publish.add(unentered, tmp_path / "to")
    assert not (tmp_path / "to").exists()
    assert command(["publish", str(tmp_path), "--to", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("serkit: error: ")


def test_an_edited_run_says_so_in_every_table(scored, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Run, "edited", ("predictions.csv",), raising=False)
    assert command(["publish", str(scored[0]), "--to", str(tmp_path)]) == 0
    sentence = "Edited after it was written: predictions.csv; its scores are not those of the training."
    assert sentence in capsys.readouterr().out
    (row,) = json.loads((tmp_path / "table.json").read_text(encoding="utf-8"))
    assert row["edited"] == ["predictions.csv"]
    assert row["warnings"][0] == sentence
    assert row["title"].endswith("(edited after it was written)")
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert f"- `tiny`: {sentence}" in text
    for name in ("README.md", "table.tex"):
        assert "(edited after it was written)" in (tmp_path / name).read_text(encoding="utf-8")


def with_paths(run, to, folder):
    """A copy of a Run of people's own data, whose utterances go by their paths."""
    place = "/home/somebody/table.csv"
    copy = copied(run, to, corpus_root=place, command=f"serkit train it --corpus {place} --out /home/somebody/runs/it")
    text = (to / "predictions.csv").read_text(encoding="utf-8")
    for name in {line.split(",")[0] for line in text.splitlines()[1:]}:
        text = text.replace(f"{name},", f"{folder}/{name[:2]}/{name}.wav,")
    (to / "predictions.csv").write_text(text, encoding="utf-8")
    recipe = (to / "recipe.toml").read_text(encoding="utf-8")
    (to / "recipe.toml").write_text(f"# kept in /home/somebody/secret/recipe.toml\n{recipe}", encoding="utf-8")
    return copy


def test_nothing_says_where_its_owner_keeps_things(scored, tmp_path):
    to = tmp_path / "results"
    publish.add(with_paths(scored[0], tmp_path / "one", "/home/somebody/clips"), to)
    publish.add(with_paths(scored[1], tmp_path / "other", "/home/somebody/clips"), to)
    written = {path: path.read_text(encoding="utf-8") for path in to.rglob("*") if path.is_file()}
    assert not [path for path, text in written.items() if "somebody" in text]
    assert "`serkit train it --corpus .../table.csv --out .../it`" in written[to / "README.md"]
    assert "\n12/12a01Fb.wav," in written[to / "tiny" / "predictions.csv"]
    assert "wa" in json.loads(written[to / "table.json"])[1]["difference"]  # they are paired all the same


def test_rows_that_cannot_be_compared_say_why(scored, tmp_path):
    """The same split by its name, but fewer utterances."""
    publish.add(Run(scored[0]), tmp_path / "to")
    less = copied(scored[1], tmp_path / "less")
    text = (less.folder / "predictions.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (less.folder / "predictions.csv").write_text("".join(text[:-1]), encoding="utf-8")
    publish.add(less, tmp_path / "to")
    rows = json.loads((tmp_path / "to" / "table.json").read_text(encoding="utf-8"))
    assert "have not judged the same utterances" in rows[1]["difference"]["why_not"]
    assert "not compared" in (tmp_path / "to" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("row.json", None, "{"),
        ("row.json", None, "[]"),
        ("row.json", None, "{}"),
        ("row.json", '"seeds": [', '"seeds": 5, "x": ['),
        ("predictions.csv", "p_angry", "p_odd"),
        ("predictions.csv", ",angry,", ",odd,"),
        ("predictions.csv", ",0,test,", ",x,test,"),
    ],
)
def test_a_damaged_row_is_named(scored, tmp_path, name, old, new):
    place = publish.add(Run(scored[0]), tmp_path)
    text = (place / name).read_text(encoding="utf-8")
    assert old is None or old in text
    (place / name).write_text(new if old is None else text.replace(old, new), encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(RunError, match=name):
        publish.add(Run(scored[1]), tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_several_corpora_are_told_apart(tmp_path, monkeypatch, capsys):
    """Two small corpora of which the majority knows nothing: each line's scores are scikit-learn's on that corpus."""
    ids = tuple(f"03-01-{emotion}-01-01-01-{actor:02d}" for emotion in ("01", "05") for actor in range(1, 5))
    for root, names in (("emodb", EMODB_CLIPS), ("ravdess", ids)):
        (tmp_path / root).mkdir()
        for name in names:
            (tmp_path / root / f"{name}.wav").touch()
    monkeypatch.setitem(corpora.CORPORA, "emodb", replace(corpora.EMODB, ids=EMODB_CLIPS))
    monkeypatch.setitem(corpora.CORPORA, "ravdess", replace(corpora.RAVDESS, ids=ids))
    overrides = ["corpus={name='emodb+ravdess', labels='6_common'}", "protocol={type='leave_one_corpus_out'}"]
    recipe = schema.load("baseline/emodb/majority", overrides)
    plan = experiment.start(
        "both", recipe, experiment.Machine("cpu", 1, 1, "float64"), (0,), tmp_path / "run", tmp_path, "serkit train both"
    )
    experiment.train(plan, final=False, jobs=1, notify=lambda _: None)
    experiment.score_test(plan, tmp_path / "ledger.csv", "score it", lambda _: None)
    assert command(["publish", str(tmp_path / "run"), "--to", str(tmp_path / "results")]) == 0
    capsys.readouterr()
    (row,) = json.loads((tmp_path / "results" / "table.json").read_text(encoding="utf-8"))
    with (tmp_path / "results" / row["name"] / "predictions.csv").open(newline="", encoding="utf-8") as stream:
        lines = [line for line in csv.DictReader(stream) if line["part"] == "test"]
    text = (tmp_path / "results" / "README.md").read_text(encoding="utf-8")
    for name in ("emodb", "ravdess"):
        own = [line for line in lines if line["corpus"] == name]
        true = [line["true"] for line in own]
        predicted = [max(row["labels"], key=lambda label: float(line[f"p_{label}"])) for line in own]
        ua = recall_score(true, predicted, labels=sorted(set(true)), average="macro", zero_division=0)
        assert row["by_corpus"][name] == {"wa": accuracy_score(true, predicted), "ua": ua, "n": len(own)}
        assert f"{name} WA {100 * accuracy_score(true, predicted):.1f}, UA {100 * ua:.1f} (n {len(own)})" in text


def test_folds_that_a_seed_moves_are_compared_on_the_seeds_that_both_have(tmp_path):
    """The other system's second seed, wrong throughout on folds of its own, has no part in the difference."""

    def row_of(name, seeds):
        return {"name": name, "labels": ["angry", "sad"], "seeds": seeds, "speaker_independent": False}

    def written(name, judged):
        lines = ["utterance,corpus,speaker,fold,seed,part,true,p_angry,p_sad"]
        lines += [f"u{at},emodb,03,f,{seed},test,{'angry' if at % 2 else 'sad'},{p},{1 - p}" for seed, at, p in judged]
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path / name

    right = [(0, at, float(at % 2)) for at in range(8)]
    wrong = [(1, at, float(1 - at % 2)) for at in range(8)]
    sources = {"one": written("one", right), "other": written("other", right + wrong)}
    one, other = row_of("one", [0]), row_of("other", [0, 1])
    found = _paired.difference(one, other, sources)
    assert found["seeds"] == [0]
    assert found["wa"]["value"] == 0
    fixed = _paired.difference(one | {"speaker_independent": True}, other, sources)
    assert "why_not" in fixed  # one speaker; but on all seeds
    assert "seeds" not in fixed


@pytest.mark.parametrize(
    ("systems", "recipes", "wanted"),
    [
        (
            ["mpaf_cnn"] * 3,
            ["mpaf_cnn/emodb/screening_M2", "mpaf_cnn/emodb/screening_M1", "mpaf_cnn/emodb/screening_batch_8"],
            1,
        ),
        (
            ["amsnet", "amsnet", "linear_svm"],
            ["amsnet/emodb/screening_full", "amsnet/emodb/screening_urlm", "baseline/emodb"],
            2,
        ),
        (["amsnet", "bigru_mha"], ["amsnet/emodb/fast", "bigru_mha/emodb/fast"], 0),
    ],
    ids=["whole system", "linear SVM", "first"],
)
def test_rows_are_compared_with(systems, recipes, wanted, monkeypatch):
    monkeypatch.setattr(_paired._published, "place", lambda _: "one")
    rows = [{"system": system, "recipe": recipe} for system, recipe in zip(systems, recipes, strict=True)]
    assert all(_paired._reference(row, rows) is rows[wanted] for row in rows)
