"""Which recipes there are, and that listing them stays light."""

import json
import subprocess
import sys
import tomllib

import pytest

from serkit.errors import RecipeError
from serkit.recipe import catalogue


def test_every_file_is_an_entry():
    files = sorted(catalogue.FOLDER.rglob("*.toml"))
    assert sorted({entry.file for entry in catalogue.entries()}) == files
    assert {"cnn_transformer/paper", "cnn_transformer/origin", "cnn_transformer/emodb"} <= set(catalogue.names())
    assert len(set(catalogue.names())) == len(catalogue.entries())


def test_an_entry_says_what_its_file_says():
    for entry in catalogue.entries():
        values = tomllib.loads(entry.file.read_text(encoding="utf-8"))
        corpus = values["corpus"]["name"]
        kind = (values["classifier"] if "classifier" in values else values["model"])["type"]
        name = entry.file.relative_to(catalogue.FOLDER).as_posix().removesuffix(".toml")
        if entry.name != name:
            own = values["variants"][entry.name.removeprefix(f"{name}/")]
            values |= values["variants"].get(own.get("like"), {}) | own
        assert entry.title == values["title"]
        system = values["classifier"]["type"] if "classifier" in values else kind  # a variant may take another classifier
        assert (entry.system, entry.corpus) == (system, corpus)
        assert (entry.protocol, entry.budget) == (values["protocol"]["type"], values["budget"])


def test_titles_tell_recipes_apart():
    titles = [entry.title for entry in catalogue.entries()]
    assert len(set(titles)) == len(titles)


def test_find_by_name_and_by_path(tmp_path):
    assert catalogue.find("cnn_transformer/paper") == catalogue.FOLDER / "cnn_transformer" / "paper.toml"
    own = tmp_path / "own.toml"
    own.write_text("title = 'x'\n", encoding="utf-8")
    assert catalogue.find(str(own)) == own


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cnn_transformer/papr", "did you mean 'cnn_transformer/paper'?"),
        ("zzzz", "no recipe 'zzzz' ('serkit recipes list' shows all; a path ends with .toml)"),
        ("gone/away.toml", "gone/away.toml: no such recipe file"),
        ("", "no recipe ''"),
        ("../recipes/cnn_transformer/paper", "no recipe"),
    ],
)
def test_a_name_that_is_none(name, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RecipeError) as caught:
        catalogue.find(name)
    assert said in str(caught.value)


def test_a_folder_is_no_recipe(tmp_path):
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(RecipeError, match="no such recipe file"):
        catalogue.find(str(tmp_path / "folder.toml"))


@pytest.mark.parametrize("content", [b"title = ", b"\xff\xfe\x00", b"[a]\n[a]\n", b"\x00"])
def test_a_file_that_is_no_toml(tmp_path, content):
    path = tmp_path / "bad.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError) as caught:
        catalogue.read(path)
    assert str(caught.value).startswith(f"{path}: not TOML: ")


def test_listing_imports_neither_torch_nor_pydantic():
    program = (
        "import json, sys\n"
        "from serkit.recipe import catalogue\n"
        "count = len(catalogue.entries())\n"
        "heavy = ('torch', 'pydantic', 'lightning_fabric', 'tomli_w', 'filelock')\n"
        "print(json.dumps([count > 2, [name for name in heavy if name in sys.modules]]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == [True, []]


def test_the_command_lists_without_torch():  # typer may bring pydantic along
    program = "import sys; from serkit.cli import run; sys.exit(run(['recipes', 'list']) or 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert "cnn_transformer/paper" in done.stdout


VARIED = """
title = "whole"
model = { type = "a", size = 1, deep = { x = 1, y = 2 } }
protocol = { type = "one", k = 3 }
list = [1, 2]

[variants.small]
title = "small"
model = { deep = { y = 3 } }
protocol = { type = "other" }
list = []
"""


def test_a_variant_is_put_over_its_recipe(tmp_path, monkeypatch):
    (tmp_path / "system").mkdir()
    (tmp_path / "system" / "own.toml").write_text(VARIED, encoding="utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    assert catalogue.names() == ["system/own", "system/own/small"]
    whole, small = catalogue.load("system/own"), catalogue.load("system/own/small")
    assert "variants" not in whole
    assert whole["model"] == {"type": "a", "size": 1, "deep": {"x": 1, "y": 2}}
    assert small == {
        "title": "small",
        "model": {"type": "a", "size": 1, "deep": {"x": 1, "y": 3}},  # a table is put over the recipe's
        "protocol": {"type": "other"},  # one of another type replaces it
        "list": [],
    }
    with pytest.raises(RecipeError, match="did you mean 'system/own/small'"):
        catalogue.load("system/own/smal")


def test_a_variant_like_another(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        'title = "whole"\nmodel = { type = "m", a = 1, b = 1 }\n'
        '[variants.one]\ntitle = "one"\nmodel = { a = 2 }\n'
        '[variants.two]\nlike = "one"\nmodel = { b = 3 }\n'
        '[variants.three]\nlike = "two"\ntitle = "three"\n',
        encoding="utf-8",
    )
    assert catalogue.load(f"{path}/one") == {"title": "one", "model": {"type": "m", "a": 2, "b": 1}}
    assert catalogue.load(f"{path}/two") == {"title": "one", "model": {"type": "m", "a": 2, "b": 3}}
    assert catalogue.load(f"{path}/three") == {"title": "three", "model": {"type": "m", "a": 2, "b": 3}}


@pytest.mark.parametrize(
    ("like", "said"),
    [("gone", "'one' is like 'gone', which is not there"), ("two", "'two' is like itself"), ("3", "is like '3'")],
)
def test_a_variant_like_none(tmp_path, like, said):
    path = tmp_path / "own.toml"
    path.write_text(f'[variants.one]\nlike = "{like}"\n[variants.two]\nlike = "one"\n', encoding="utf-8")
    with pytest.raises(RecipeError, match=said):
        catalogue.load(f"{path}/one")


def test_families_are_what_is_like_the_whole():
    found = catalogue.families("amsnet")
    assert list(found) == ["amsnet/emodb/screening_full"]
    assert "amsnet/emodb/screening_ratio_2" in found["amsnet/emodb/screening_full"]
    assert "amsnet/emodb/random" not in found["amsnet/emodb/screening_full"]
    assert all(catalogue.families(system) for system in ("bigru_mha", "cnn_transformer", "mpaf_cnn"))
    assert catalogue.families("linear_svm") == {}


def test_a_variant_in_a_file_of_ones_own(tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text(VARIED, encoding="utf-8")
    assert catalogue.load(f"{own}/small")["title"] == "small"
    assert catalogue.load(str(own))["title"] == "whole"
    with pytest.raises(RecipeError, match="no variant 'large'; it has small"):
        catalogue.load(f"{own}/large")


@pytest.mark.parametrize("odd", ["variants = 5", "variants = [1]", "[variants]\na = 5", '[variants."a/b"]\ntitle = "x"'])
def test_odd_variants_are_named(tmp_path, monkeypatch, odd):
    own = tmp_path / "mine.toml"
    own.write_text(f'title = "x"\n{odd}\n', encoding="utf-8")
    with pytest.raises(RecipeError, match=r"mine\.toml: .*variant"):
        catalogue.load(str(own))
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    with pytest.raises(RecipeError, match=r"mine\.toml"):
        catalogue.names()


def test_what_variants_inherit_is_true_of_them():
    """No published figure, and no reason why it is not comparable, outlives another protocol or other places of noise."""
    for name in catalogue.names():
        if name.rpartition("/")[0] not in catalogue.names():
            continue
        whole, variant = catalogue.load(name.rpartition("/")[0]), catalogue.load(name)
        moved = whole["protocol"] != variant["protocol"] or whole.get("noise") != variant.get("noise")
        if moved and variant.get("published"):
            assert whole["published"] != variant["published"]
        assert variant["title"] != whole["title"]
