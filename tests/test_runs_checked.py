"""Values of run.json and result.json that serkit did not write are named in one line, whatever they are."""

import json
import os
from dataclasses import asdict

import pytest

from serkit import runs
from serkit.errors import RunError
from serkit.runs import Result, Run, RunInfo
from serkit.types import Source

INFO = RunInfo(
    fingerprint="0123456789abcdef",
    recipe="cnn_transformer/emodb",
    system="cnn_transformer",
    corpus=Source("emodb", "CC0-1.0", 535),
    corpus_root="/data/emodb",
    labels=("happy", "sad"),
    protocol="leave-one-speaker-out",
    speaker_independent=True,
    selection="validation",
    folds=("03", "a/b", "ü"),
    seeds=(0, 5),
    parameters=0,
    device="cuda x 2",
    precision="bf16",
    threads=1024,
    environment={},
    created="2025-01-01T00:00:00+00:00",
    command="serkit train",
)
DEEP = "[" * 100_000 + "]" * 100_000
HUGE = "9" * 5000


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", INFO, "")


def test_what_serkit_writes_is_read(run):
    assert Run(run.folder).info == INFO


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *((key, value) for key in ("fingerprint", "recipe", "corpus_root", "command") for value in ("null", "1", "[]", "{}")),
        *(("corpus", value) for value in ('{"corpus": 1, "licence": "", "utterances": 1}', '{"utterances": "many"}', "[]")),
        ("corpus", '{"corpus": "emodb", "licence": "CC0", "utterances": "535"}'),
        ("corpus", '{"corpus": "emodb", "licence": "CC0", "utterances": -1}'),
        *(("labels", value) for value in ("[1, 2]", '["sad", "sad"]', '["sad", null]', '[["sad"]]', '"sad"', '[""]')),
        *(("folds", value) for value in ("[1]", '["03", "03"]', '[""]', '["../../x"]', '["/etc"]', '["a/../../b"]', "{}")),
        *(("folds", value) for value in (r'["..\\x"]', r'["C:\\x"]', r'["a\u0000b"]')),
        *(("seeds", value) for value in ('["0"]', "[0.5]", "[-1]", "[true]", "[NaN]", "[0, 0]", "[null]", "7")),
        *(("parameters", value) for value in ("null", "-1", "1.5", '"many"', "NaN", "true")),
        *(("device", value) for value in ("null", '"cpu"', '"cpu x 0"', '"tpu x 1"', '"cpu x -1"', '"cpu x 99999999"', "1")),
        *(("precision", value) for value in ("null", '"x"', '"float16"', "32", "[]")),
        *(("threads", value) for value in ("0", "-1", "1000000000", "1.0", '"2"', "null", "true", "NaN", "1025")),
        *(("environment", value) for value in ("null", "[]", '{"a": 1}', '"x"')),
        *(("speaker_independent", value) for value in ("null", "1", '"yes"')),
        *(("task", value) for value in ("null", '"x"', "[]")),
        *(
            ("scale", value)
            for value in ("1", "[]", '{"low": "a", "high": 1}', '{"low": 1, "high": 0}', '{"low": NaN, "high": 1}')
        ),
        *(("command", value) for value in (DEEP, HUGE)),
    ],
    ids=lambda value: value[:30],
)
def test_a_value_that_is_none(run, key, value):
    path = run.folder / "run.json"
    values = json.loads(path.read_text(encoding="utf-8")) | {key: "HERE"}
    path.write_text(json.dumps(values).replace('"HERE"', value), encoding="utf-8")
    with pytest.raises(RunError) as caught:
        Run(run.folder)
    message = str(caught.value)
    assert message.startswith(f"{path}: damaged")
    assert len(message) < len(str(path)) + 200
    if value not in (DEEP, HUGE):
        assert key in message


RESULT = Result("03", 0, 2, 3, 1.5, 400, 90, 45, ("03", "08"))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("seed", value) for value in ("null", '"0"', "0.5", "-1")),
        *(("best_epoch", value) for value in ("null", '"x"', "-1", "NaN")),
        *(("seconds", value) for value in ("null", '"x"', "-1", "NaN", "Infinity", "1e999")),
        *(("test_speakers", value) for value in ("null", "1", '"03"', "[1]")),
        *(("fold", value) for value in ("null", "1", '"../x"')),
        ("fold", DEEP),
        ("epochs", HUGE),
    ],
    ids=lambda value: value[:30],
)
def test_a_result_that_is_none(run, key, value):
    path = run.fold("03", 0) / "result.json"
    runs.write_result(path, RESULT)
    assert run.results() == [RESULT]
    path.write_text(json.dumps(asdict(RESULT) | {key: "HERE"}).replace('"HERE"', value), encoding="utf-8")
    with pytest.raises(RunError) as caught:
        run.results()
    assert str(caught.value).startswith(f"{path}: damaged")


def test_a_place_that_is_no_text_is_kept(tmp_path):
    place = os.fsdecode(b"/data/caf\xe9")
    values = asdict(INFO) | {"corpus": INFO.corpus, "corpus_root": place}
    run = Run.create(tmp_path / "run", RunInfo(**values), "")
    assert Run(run.folder).info.corpus_root == place
    (run.folder / "run.json").read_bytes().decode("utf-8")  # it is JSON for others too


def test_tables_with_a_cell_without_end(run):
    row = "x" * 200_000
    for name, read in (("rows.csv", lambda path: runs.read_rows(path, INFO.labels)), ("history.csv", runs.read_history)):
        path = run.folder / name
        path.write_text(f"epoch\n{row}\n", encoding="utf-8")
        with pytest.raises(RunError, match="damaged"):
            read(path)
