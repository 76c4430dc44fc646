"""`serkit recipes` and `serkit systems`: what is printed, and that JSON says the same."""

import json
import tomllib

import pytest

from serkit.cli import run
from serkit.recipe import catalogue


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SERKIT_DATA", raising=False)


def printed(capsys, *arguments):
    assert run(list(arguments)) == 0
    found = capsys.readouterr()
    assert found.err == ""
    return found.out


def test_list_all_recipes(capsys):
    lines = printed(capsys, "recipes", "list", "--all").splitlines()
    assert lines[0].split() == ["name", "corpus", "protocol", "budget", "title"]
    for entry, line in zip(catalogue.entries(), lines[1:], strict=True):
        assert line.startswith(f"{entry.name} ")
        for part in (entry.corpus, entry.protocol.replace("_", " "), entry.budget, entry.title):
            assert part in line


def test_list_recipes_and_count_their_variants(capsys):
    """Each is named or counted once."""
    lines = printed(capsys, "recipes", "list").splitlines()
    rows, (blank, told) = lines[1:-2], lines[-2:]
    names = catalogue.names()
    assert [line.split()[0] for line in rows] == [name for name in names if name.rpartition("/")[0] not in names]
    counted = sum(int(line.split()[1]) for line in rows if line.split()[1] != "-")
    assert len(rows) + counted == len(names)
    assert (blank, told.partition(" variants more: ")[0]) == ("", str(counted))
    assert "serkit recipes list 'amsnet/emodb/*'" in told


def listed(capsys, *arguments):
    lines = printed(capsys, "recipes", "list", *arguments).splitlines()[1:]
    return [line.split()[0] for line in lines[: lines.index("") if "" in lines else None]]


def test_list_some_recipes(capsys):
    """By system, by a part of the name, by a pattern, by corpus; a variant whose recipe is not meant is named."""
    assert listed(capsys, "amsnet") == ["amsnet/emodb", "amsnet/iemocap"]
    assert listed(capsys, "linear_svm", "--corpus", "emodb") == ["baseline/cross_corpus", "baseline/emodb"]
    assert listed(capsys, "ratio_") == [f"amsnet/emodb/screening_ratio_{each}" for each in (2, 4, 8, 32)]
    assert listed(capsys, "mpaf_cnn/iemocap/*") == ["mpaf_cnn/iemocap/speakers"]
    assert listed(capsys, "--corpus", "mosi") == ["baseline/mosi", "bigru_mha/mosi"]
    some = json.loads(printed(capsys, "recipes", "list", "amsnet", "--json"))
    assert [each["name"] for each in some] == [name for name in catalogue.names() if name.startswith("amsnet/")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["amsnett"], "no recipe whose name holds 'amsnett'; did you mean 'amsnet'?"),
        (["qqq"], "no recipe whose name holds 'qqq'; 'serkit recipes list' shows all"),
        (["--corpus", "emodbb"], "no recipe on a corpus 'emodbb'; did you mean 'emodb'?"),
        (["amsnet", "--corpus", "mosi"], "no recipe on mosi whose name holds 'amsnet'; 'serkit recipes list' shows all"),
    ],
)
def test_a_filter_that_nothing_passes(capsys, arguments, said):
    assert run(["recipes", "list", *arguments]) == 2
    found = capsys.readouterr()
    assert (found.out, found.err) == ("", f"serkit: error: {said}\n")


def test_list_recipes_json(capsys):
    found = json.loads(printed(capsys, "recipes", "list", "--json"))
    assert [each["name"] for each in found] == catalogue.names()
    assert found[0].keys() == {"name", "title", "system", "corpus", "protocol", "budget", "file", "network"}
    assert all(each["file"] == str(catalogue.find(each["name"])) for each in found)


def test_show_a_recipe_as_it_is_written(capsys):
    shown = printed(capsys, "recipes", "show", "cnn_transformer/paper")
    assert shown.rstrip() == catalogue.find("cnn_transformer/paper").read_text(encoding="utf-8").rstrip()
    assert "# not in the paper" in shown


def test_show_a_recipe_as_json(capsys):
    found = json.loads(printed(capsys, "recipes", "show", "cnn_transformer/origin", "--json"))
    assert found == tomllib.loads(catalogue.find("cnn_transformer/origin").read_text(encoding="utf-8"))


def test_show_a_recipe_of_ones_own_with_brackets(capsys, tmp_path):
    (tmp_path / "own.toml").write_text('title = "[bold]x[/bold] [link]"\n', encoding="utf-8")
    assert printed(capsys, "recipes", "show", "own.toml") == 'title = "[bold]x[/bold] [link]"\n'


@pytest.mark.parametrize("value", ["1979-05-27", "nan", "07:32:00"])
def test_show_values_that_json_lacks(capsys, tmp_path, value):
    (tmp_path / "own.toml").write_text(f"title = {value}\n", encoding="utf-8")
    assert run(["recipes", "show", "own.toml", "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out)["title"], str)


SYSTEMS = ("amsnet", "bilstm_attention", "cnn", "bigru_mha", "cnn_transformer", "mpaf_cnn")


def test_list_systems(capsys):
    lines = printed(capsys, "systems", "list").splitlines()
    assert [line.split()[0] for line in lines if line[:1].isalpha()] == ["system", *SYSTEMS]
    assert "cnn_transformer/emodb (1 variant)," in " ".join(" ".join(lines).split())
    found = json.loads(printed(capsys, "systems", "list", "--json"))
    for system in SYSTEMS:
        folders = (f"{system}/", f"baseline/{system}/")
        assert found.pop(system) == [name for name in catalogue.names() if name.startswith(folders)]
    assert not found


def test_show_a_system_of_whole_recordings(capsys):
    # 1,312,551 parameters with 7 emotions (specification, A4)
    shown = printed(capsys, "systems", "show", "bigru_mha")
    assert "one recording of 48000 samples at 16000 Hz, 7 emotions" in shown
    assert shown.splitlines()[-1].startswith("1,312,551 parameters; sections and equations are")


def test_show_the_papers_system(capsys):
    # 248,488 parameters and 1064 numbers before the classifier: the notebook's own print-out (specification, B4)
    shown = printed(capsys, "systems", "show", "cnn_transformer")
    assert "as in recipe cnn_transformer/paper" in shown
    assert "one window of 144000 samples at 48000 Hz, 8 emotions" in shown
    assert shown.splitlines()[-1].startswith("248,488 parameters; ")
    assert "2.5, Vaswani et al. 2017" in shown
    found = json.loads(printed(capsys, "systems", "show", "cnn_transformer", "--json"))
    assert found["parameters"] == 248_488
    assert sum(block["parameters"] for block in found["blocks"]) <= 248_488
    assert (found["system"], found["recipe"], found["classes"]) == ("cnn_transformer", "cnn_transformer/paper", 8)
    assert (found["samples"], found["blocks"][-1]["output"]) == (144_000, "8")
    assert any(block["output"] == "282 x 40" for block in found["blocks"])


def test_show_a_system_that_gives_a_value(capsys):
    shown = printed(capsys, "systems", "show", "bigru_mha/crema_d")
    assert "at 16000 Hz, a value of intensity" in shown
    assert json.loads(printed(capsys, "systems", "show", "bigru_mha/crema_d", "--json"))["blocks"][-1]["output"] == "1"
    assert run(["systems", "show", "bigru_mha/crema_d", "--classes", "4"]) == 2
    assert "gives a value of intensity" in capsys.readouterr().err


def test_show_another_recipe_with_other_classes(capsys):
    found = json.loads(printed(capsys, "systems", "show", "cnn_transformer/emodb", "--classes", "2", "--json"))
    assert (found["recipe"], found["classes"], found["samples"]) == ("cnn_transformer/emodb", 2, 48_000)
    assert found["blocks"][-1]["output"] == "2"
    assert json.loads(printed(capsys, "systems", "show", "cnn_transformer/emodb", "--json"))["classes"] == 7


def test_show_a_recipe_file(capsys, tiny_recipe):
    found = json.loads(printed(capsys, "systems", "show", str(tiny_recipe), "--json"))
    assert found["recipe"] == str(tiny_recipe)
    assert found["samples"] == 2560
