"""The verdict finds every planted fault, and nothing in what is as it should be."""

import pytest

from mutations import planted, processes, verdict
from mutations.processes import Outcome

ENTRY = "mutations.planted:run"
FAULTS = {
    "traceback": "traceback: ValueError: planted",
    "hang": "hang: waits, after",
    "busy": "slow: 1 s of processor time and not done",
    "memory": "memory: 4",
    "all memory": "memory: ",
    "nan": "output: ValueError: NaN is no JSON",
    "sum": "output: scores that sum to 1.25",
    "signal": "crash: SIGSEGV",
    "noise": "noise: '[src/libmpg123/id3.c:42] error: planted'",
    "chatter": "noise: 100 lines on standard error",
    "wordless": "silence: exit 2 without a word",
    "nothing": "silence: exit 0 and nothing on standard output",
    "status": "status: 3",
    "no json": "output: JSONDecodeError",
    "native noise": "output: JSONDecodeError",
    "exit": "status: 7",
}
GOOD = {"good": "answered", "silent": "answered", "refuses": "refused: usage"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with processes.worker(tmp_path_factory.mktemp("worker"), ENTRY) as made:
        yield made


def patience(way):
    return 1.0 if way in ("hang", "busy") else 20.0


def check(way, outcome):
    found = verdict.faults(outcome, "json", 200, patience(way))
    assert [each for each in found if each.startswith(FAULTS[way])], found
    assert verdict.word(outcome, found).startswith("fault: ")


@pytest.mark.parametrize("way", FAULTS)
def test_a_planted_fault_is_found_in_a_worker(way, shared, tmp_path):
    check(way, shared.run([way], tmp_path, patience(way)))


@pytest.mark.parametrize("way", ["traceback", "hang", "memory", "signal", "native noise", "exit"])
def test_a_planted_fault_is_found_in_a_process_of_its_own(way, tmp_path):
    check(way, processes.alone([way], tmp_path, entry=ENTRY, patience=patience(way)))


@pytest.mark.parametrize("way", GOOD)
def test_what_is_well_is_left_alone(way, shared, tmp_path):
    for outcome in (shared.run([way], tmp_path), processes.alone([way], tmp_path, entry=ENTRY)):
        found = verdict.faults(outcome, "json", 200)
        assert found == []
        assert verdict.word(outcome, found) == GOOD[way]


def test_memory_of_one_command_is_not_that_of_the_next(shared, tmp_path):
    assert shared.run(["memory"], tmp_path).peak > 400
    assert shared.run(["good"], tmp_path).peak < 200


def outcome(text):
    return Outcome("serkit", 0, text.encode(), b"", 0.1, 10)


@pytest.mark.parametrize(
    ("prints", "text", "fault"),
    [
        ("table", "emotion  prob.  seconds\nneutral    nan     0.50\n", "not a number: in a table"),
        ("table", "emotion  prob.  seconds\nneutral    0.50     0.50  /a/nan inf.wav\n", None),
        ("table", "arousal  seconds\n    inf     0.50  a\n", "not a number: in a table"),
        ("csv", "path,emotion,p_a,p_b\nx,a,nan,nan\n", "not a number"),
        ("csv", "path,emotion,p_a,p_b\nx,a,0.9,0.2\n", "output: scores that sum to 1.1"),
        ("csv", "path,emotion,p_a,p_b\nx,no speech,,\ny,a,0.9,0.1\n", None),
        ("jsonl", planted.GOOD[1:-2] + "\n" + planted.GOOD[1:-2] + "\n", None),
        ("jsonl", planted.GOOD[1:-2] + "\n\n" + planted.GOOD[1:-2] + "\n", "output: JSONDecodeError"),
        ("json", planted.GOOD.replace('"sad", "c', '"glad", "c'), "output: 'glad' has no score"),
        ("json", planted.GOOD.replace("[]", '[{"emotion": "sad", "scores": {"sad": 0.5}}]'), "output: scores that sum to 0.5"),
        ("json", '[{"path": "a", "value": Infinity}]', "output: ValueError: Infinity is no JSON"),
        ("values", '{"wa": NaN}', "output: ValueError: NaN is no JSON"),
        ("values", '{"wa": 1}', None),
    ],
)
def test_what_is_printed(prints, text, fault):
    found = verdict.faults(outcome(text), prints, 200)
    assert (found == []) if fault is None else found[0].startswith(fault), found
