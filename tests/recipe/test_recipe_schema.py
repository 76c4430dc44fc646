"""What a recipe may say: the papers' numbers in ours, every fault of others' in one message with its place."""

import copy
import tomllib
from dataclasses import replace

import pytest

from serkit.corpora import RAVDESS
from serkit.errors import RecipeError
from serkit.recipe import catalogue, schema
from serkit.types import Cut

MINIMAL = {
    "title": "t",
    "budget": "demo",
    "rate": 16000,
    "corpus": {"name": "emodb"},
    "cut": {"mode": "windows", "seconds": 1.0, "hop": 0.5},
    "features": {"mfcc": {}},
    "model": {"type": "cnn_transformer"},
    "protocol": {"type": "k_fold"},
    "training": {"epochs": 1, "batch_size": 2, "optimizer": {"type": "sgd", "learning_rate": 0.1}},
}


def values_with(place, value):
    """MINIMAL with one value put at a dotted place."""
    made = copy.deepcopy(MINIMAL)
    *parents, last = place.split(".")
    at = made
    for parent in parents:
        at = at.setdefault(parent, {})
    at[last] = value
    return made


def fault(values):
    with pytest.raises(RecipeError) as caught:
        schema.parse(values, "own")
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- the recipes that come with serkit


@pytest.mark.parametrize("name", catalogue.names())
def test_a_bundled_recipe_survives_the_round_trip(name, tmp_path):
    recipe = schema.load(name)
    again = tmp_path / "again.toml"
    again.write_text(recipe.to_toml(), encoding="utf-8")
    assert schema.load_file(again) == recipe
    assert schema.load_file(again).fingerprint() == recipe.fingerprint()
    assert schema.load(str(again)).to_toml() == recipe.to_toml()


def test_the_resolved_recipe_writes_defaults_out():
    written = tomllib.loads(schema.parse(MINIMAL, "own").to_toml())
    assert written["model"]["channels"] == [16, 32, 64]
    assert written["training"]["schedule"] == {"type": "constant"}
    assert written["noise"]["copies"] == 0
    assert written["training"]["optimizer"]["momentum"] == 0.0


def test_paper_holds_the_papers_numbers():
    # An and Ruan 2021, Section 2.5 and equation (1), as transcribed in the project's specification, part B
    recipe = schema.load("cnn_transformer/paper")
    optimizer = recipe.training.optimizer
    assert (optimizer.type, optimizer.learning_rate, optimizer.momentum, optimizer.weight_decay) == ("sgd", 0.01, 0.9, 1e-4)
    assert (recipe.training.batch_size, recipe.training.epochs) == (16, 200)
    assert recipe.training.schedule.type == "constant"
    assert recipe.training.label_smoothing == 0
    assert not recipe.training.drop_last
    assert recipe.noise.copies == 3  # quadrupled: 1440 * 4 = 5760
    assert recipe.features["mfcc"].mel_scale == "htk"
    assert recipe.features["mfcc"].coefficients == 40


def test_origin_holds_the_notebooks_numbers():
    recipe = schema.load("cnn_transformer/origin")
    optimizer = recipe.training.optimizer
    assert (optimizer.type, optimizer.learning_rate, optimizer.momentum, optimizer.weight_decay) == ("sgd", 0.01, 0.8, 1e-3)
    assert (recipe.training.batch_size, recipe.training.epochs) == (32, 500)
    assert recipe.training.drop_last
    assert recipe.training.schedule.type == "constant"
    assert recipe.noise.copies == 2
    assert recipe.features["mfcc"].mel_scale == "slaney"
    assert recipe.features["mfcc"].padding == "reflect"


@pytest.mark.parametrize("name", ["cnn_transformer/paper", "cnn_transformer/origin"])
def test_both_share_what_the_paper_leaves_open(name):
    recipe = schema.load(name)
    assert (recipe.rate, recipe.corpus.name, recipe.corpus.start) == (48000, "ravdess", 0.5)
    assert (recipe.cut.mode, recipe.cut.seconds) == ("fixed", 3.0)
    assert (recipe.noise.snr_low, recipe.noise.snr_high) == (15, 29)
    assert recipe.normalization == {"mfcc": "per_position"}
    mfcc = recipe.features["mfcc"]
    assert (mfcc.n_fft, mfcc.bands, mfcc.top_db, mfcc.low, mfcc.high) == (1024, 128, 80, 0, None)
    assert (round(mfcc.window * recipe.rate), round(mfcc.hop * recipe.rate)) == (512, 512)
    assert 1 + 144000 // round(mfcc.hop * recipe.rate) == 282
    model = recipe.model
    assert (model.cnns, model.channels, model.pools, model.cnn_dropout) == (2, (16, 32, 64), (2, 4, 4), 0.3)
    assert (model.layers, model.heads, model.feedforward, model.time_pool, model.transformer_dropout) == (4, 4, 512, 4, 0.4)
    assert recipe.training.select == "validation"


@pytest.mark.parametrize("name", ["cnn_transformer/paper", "cnn_transformer/origin"])
def test_the_split_has_the_notebooks_sizes(name, tmp_path):
    for stem in RAVDESS.ids:  # the reader looks at names alone
        (tmp_path / f"{stem}.wav").touch()
    utterances = RAVDESS.read(tmp_path)
    # The notebook did not know that one clip is a copy of another; here the two stay together, which can move one.
    (fold,) = schema.load(name).protocol.folds(utterances, 0)
    sizes = [len(fold.train), len(fold.validation), len(fold.test)]
    assert sum(sizes) == 1440
    assert all(abs(one - other) <= 1 for one, other in zip(sizes, (1147, 143, 150), strict=True))
    (fold,) = schema.load(name).protocol.folds([replace(each, copy_of=None) for each in utterances], 0)
    assert (len(fold.train), len(fold.validation), len(fold.test)) == (1147, 143, 150)
    neutral = [sum(each.label == "neutral" for each in part) for part in (fold.train, fold.validation, fold.test)]
    assert neutral == [76, 10, 10]
    assert not schema.load(name).protocol.speaker_independent


def test_published_numbers():
    # papers: Table 2 of An and Ruan 2021; stored output of Zenkov's notebook (362 of 450)
    (paper,) = schema.load("cnn_transformer/paper").published
    assert paper.value == 80.46
    assert paper.source == "Table 2"
    assert "012064" in paper.citation
    (origin,) = schema.load("cnn_transformer/origin").published
    assert origin.value == 80.44 == round(100 * 362 / 450, 2)
    assert "702fbff" in origin.citation
    for each in (paper, origin):
        assert any("noisy copies" in one for one in each.differs)
        assert any("one split" in one for one in each.differs)


def test_emodb_is_judged_by_speaker():
    recipe = schema.load("cnn_transformer/emodb")
    assert recipe.protocol.type == "leave_one_speaker_out"
    assert recipe.protocol.speaker_independent
    assert recipe.rate == 16000
    assert recipe.published == ()
    assert schema.load("cnn_transformer/demo").budget == "demo"


@pytest.mark.parametrize(
    ("name", "wa", "ua", "kind", "rate", "batch"),
    [
        ("bigru_mha/iemocap", 75.04, 70.20, "adam", 1e-5, 32),  # Tables 2 and 4
        ("amsnet/iemocap", 69.22, 70.51, "rmsprop", 1e-4, 64),  # Table 2, Section 4.5
        ("mpaf_cnn/iemocap", 72.19, 72.88, "adam", 1e-4, 16),  # Table 2, Sections 3.3 and 4.1.1
    ],
)
def test_the_papers_numbers_on_iemocap(name, wa, ua, kind, rate, batch):
    recipe = schema.load(name)
    assert [(each.metric, each.value) for each in recipe.published] == [("WA", wa), ("UA", ua)]
    training = recipe.training
    assert (training.optimizer.type, training.optimizer.learning_rate, training.batch_size) == (kind, rate, batch)
    assert recipe.corpus.classes == ("neutral", "happy", "sad", "angry")
    assert recipe.corpus.label_map == "4_class"


def test_what_the_papers_say_of_iemocap_alone():
    bigru, amsnet, mpaf = (schema.load(f"{system}/iemocap") for system in ("bigru_mha", "amsnet", "mpaf_cnn"))
    assert (bigru.model.heads, bigru.model.attention_dropout, bigru.model.output_dropout) == (16, 0.2, 0.3)
    assert bigru.training.epochs == 100
    assert (amsnet.cut.mode, amsnet.cut.seconds, amsnet.protocol.k) == ("fixed", 5.0, 5)
    assert (mpaf.cut.seconds, mpaf.cut.hop, mpaf.training.epochs, mpaf.protocol.test) == (2.0, 0.4, 50, 0.2)
    assert mpaf.protocol.train + mpaf.protocol.validation == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("bigru_mha/ch_sims", {"Acc-2": 72.43, "F1": 71.97, "MAE": 0.648, "Pearson": 0.524, "Acc-5": 30.19}),
        ("bigru_mha/mosi", {"Acc-2": 70.29, "F1": 70.31, "MAE": 0.974, "Pearson": 0.613, "Acc-5": 32.12}),
    ],
)
def test_table_7(name, figures):
    recipe = schema.load(name)
    assert {each.metric: each.value for each in recipe.published} == figures
    assert (recipe.task, recipe.training.loss, recipe.training.select) == ("regression", "l1", "validation")
    assert recipe.protocol.type == "official"
    assert recipe.corpus.label_map == "all"


def test_every_choice_beyond_the_paper_is_marked():
    text = (catalogue.FOLDER / "cnn_transformer" / "paper.toml").read_text(encoding="utf-8")
    lines = text.partition("[variants.")[0].splitlines()
    for key in ("rate", "start", "hop", "mfcc", "snr_low", "snr_high", "train", "validation", "test", "select", "patience"):
        (line,) = [line for line in lines if line.split("=")[0].strip() == key]
        assert "not in the paper" in line, line


# --- what is refused


@pytest.mark.parametrize(
    ("place", "near"),
    [
        ("tittle", "title"),
        ("corpus.nam", "name"),
        ("cut.second", "seconds"),
        ("features.mfcc.coeficients", "coefficients"),
        ("features.mfcc.mel_scal", "mel_scale"),
        ("noise.copys", "copies"),
        ("model.chanels", "channels"),
        ("protocol.validatoin", "validation"),
        ("training.epoch", "epochs"),
        ("training.optimizer.momentun", "momentum"),
        ("training.optimizer.learning_rates", "learning_rate"),
        ("training.schedule.gama", "gamma"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(place, near):
    values = copy.deepcopy(MINIMAL) | {"noise": {"copies": 1}}
    values["training"]["schedule"] = {"type": "step", "every": 2}
    *parents, last = place.split(".")
    at = values
    for parent in parents:
        at = at[parent]
    at[last] = 1
    said = fault(values)
    assert "unknown key" in said
    assert f"(did you mean '{near}'?)" in said
    assert last in said


def test_a_value_of_one_of_two_kinds_keeps_its_place():
    said = fault(MINIMAL | {"protocol": {"type": "leave_one_speaker_out", "validation_speakers": 0}})
    place = "protocol.validation_speakers: input should be"
    assert said == f"recipe own: {place} greater than or equal to 1; {place} 'session'"


def test_an_unknown_key_of_a_published_figure():
    figure = {"metric": "m", "value": 1.0, "source": "s", "citation": "c", "protocol": "p", "sourse": "x"}
    said = fault(MINIMAL | {"published": [figure]})
    assert "published.0.sourse: unknown key (did you mean 'source'?)" in said


def test_an_unknown_key_near_nothing_has_no_hint():
    assert fault(MINIMAL | {"qqq": 1}) == "recipe own: qqq: unknown key"


def test_a_key_of_another_optimizer_is_unknown():
    assert "betas: unknown key" in fault(values_with("training.optimizer.betas", [0.9, 0.99]))


def test_a_feature_named_for_its_type_need_not_say_it():
    values = values_with("features.mfcc", {"bands": 40})
    assert schema.parse(values, "own").features["mfcc"].type == "mfcc"
    values["features"] = {"mel": {"bands": 40}}
    assert fault(values) == "recipe own: features.mel: its type is missing"
    values["features"] = {"mel": {"type": "log_mell"}}
    assert fault(values).startswith("recipe own: features.mel: no type 'log_mell'; known are log_mel, mfcc,")


def test_whole_recordings_need_a_model_that_takes_them():
    from serkit.recipe import build

    with pytest.raises(RecipeError, match="takes windows of one length"):
        build.system(schema.parse(values_with("cut.mode", "whole"), "own"), 7)
    values = values_with("cut.mode", "whole")
    values["features"]["mfcc"] |= {"padding": "none", "window": 0.2, "n_fft": 8192}
    with pytest.raises(RecipeError, match="find no frame in"):
        build.system(schema.parse(values, "own"), 7)


@pytest.mark.parametrize(
    ("name", "module"),
    [("amsnet/emodb", "frml"), ("amsnet/emodb", "classifier"), ("mpaf_cnn/emodb", "mel"), ("amsnet/emodb", "")],
)
def test_only_a_module_with_a_classifier_is_trained_alone(name, module):
    from serkit.recipe import build

    with pytest.raises(RecipeError, match=f"has no module '{module}' that can be trained alone"):
        build.system(schema.load(name, [f'training.pretrain=["{module}"]']), 7)


def test_all_faults_at_once_with_their_places():
    values = values_with("training.epochs", 0)
    values["rate"] = 1
    values["corpus"]["name"] = "nowhere"
    values["training"]["optimizer"]["momentum"] = 1.0
    values["features"]["mfcc"]["bandz"] = 3
    del values["cut"]["hop"]
    said = fault(values)
    assert said.startswith("recipe own: ")
    for place in ("rate:", "corpus:", "cut.hop:", "features.mfcc.bandz:", "training.epochs:", "momentum:"):
        assert f" {place}" in said or f".{place}" in said, (place, said)
    assert said.count("; ") >= 5
    assert "unknown corpus 'nowhere'; known are " in said


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("rate", 999),
        ("rate", 768001),
        ("rate", 16000.5),
        ("budget", "free"),
        ("corpus.start", -0.1),
        ("cut.seconds", 0),
        ("cut.seconds", float("inf")),
        ("cut.hop", 1.1),
        ("cut.mode", "sliding"),
        ("normalization", {"lld": "per_position"}),
        ("normalization", {"mfcc": "per_file"}),
        ("noise", {"copies": -1}),
        ("noise", {"copies": 1, "snr_low": 30, "snr_high": 29}),
        ("protocol", {"type": "speaker_holdout", "test": ["03"], "validation": ["03"]}),
        ("protocol", {"type": "leaky"}),
        ("protocol", {}),
        ("training.epochs", 0),
        ("training.batch_size", 1),
        ("training.patience", 0),
        ("training.select", "test"),
        ("training.label_smoothing", 1.0),
        ("training.precision", "float16"),
        ("training.optimizer.learning_rate", 0),
        ("training.optimizer.learning_rate", float("nan")),
        ("training.optimizer.learning_rate", float("inf")),
        ("training.optimizer.weight_decay", -1e-9),
        ("training.optimizer.type", "lion"),
        ("training.schedule", {"type": "step", "every": 0}),
        ("training.schedule", {"type": "cosine", "warmup": 1.0}),
        ("features.mfcc.window", float("nan")),
    ],
)
def test_values_out_of_range(place, value):
    schema.parse(MINIMAL, "own")
    said = fault(values_with(place, value))
    assert place.split(".")[0] in said


def test_a_recipe_is_frozen():
    recipe = schema.parse(MINIMAL, "own")
    with pytest.raises(ValueError, match="frozen"):
        recipe.rate = 8000


def test_the_plain_cut():
    assert schema.parse(MINIMAL, "own").cut.cut() == Cut("windows", 1.0, 0.5)


# --- --set


NAME = "cnn_transformer/emodb"


@pytest.mark.parametrize(
    ("override", "read", "wanted"),
    [
        ("training.epochs=7", lambda r: r.training.epochs, 7),
        (" training.epochs = 7 ", lambda r: r.training.epochs, 7),
        ("training.select=last", lambda r: r.training.select, "last"),
        ("training.select = last ", lambda r: r.training.select, "last"),
        ('training.select="last"', lambda r: r.training.select, "last"),
        ("training.drop_last=true", lambda r: r.training.drop_last, True),
        ("training.optimizer.learning_rate=1e-3", lambda r: r.training.optimizer.learning_rate, 1e-3),
        ("model.channels=[2,3,4]", lambda r: r.model.channels, (2, 3, 4)),
        ("noise={copies=0}", lambda r: (r.noise.copies, r.noise.snr_low), (0, 15)),
        ("title=a = b", lambda r: r.title, "a = b"),
        ("features.mfcc.high=4000", lambda r: r.features["mfcc"].high, 4000.0),
        ("training.schedule.type=cosine", lambda r: r.training.schedule.type, "cosine"),
        ('training.optimizer={type="adam", learning_rate=1e-4}', lambda r: r.training.optimizer.type, "adam"),
    ],
)
def test_an_override(override, read, wanted):
    assert read(schema.load(NAME)) != wanted
    assert read(schema.load(NAME, [override])) == wanted


def test_the_last_override_counts():
    assert schema.load(NAME, ["training.epochs=7", "training.epochs=8"]).training.epochs == 8


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("training.epochs", "write it as KEY=VALUE"),
        ("=3", "write it as KEY=VALUE"),
        ("  =3", "write it as KEY=VALUE"),
        ("", "write it as KEY=VALUE"),
        ("rate.hertz=3", "'rate' holds a value, not a table"),
        ("features.mfcc.window.samples=3", "'window' holds a value, not a table"),
        ("training.epoch=3", "training.epoch: unknown key (did you mean 'epochs'?)"),
        ("training.epochs=many", "training.epochs: "),
        ("trainig.epochs=3", "trainig: unknown key (did you mean 'training'?)"),
        (".=3", "write it as KEY=VALUE"),
        ("training..epochs=3", "write it as KEY=VALUE"),
        ("a." * 40 + "a=3", "write it as KEY=VALUE"),
        ("training.epochs=", "--set training.epochs=: no value behind the '='"),
        ("training.epochs= ", "no value behind the '='"),
        ("model.channels=[1, 2", "what is behind the '=' is not TOML: "),
        ("protocol={type=k_fold}", "what is behind the '=' is not TOML: "),
        ("title='half", "what is behind the '=' is not TOML: "),
        ("model.channels=" + "[" * 50_000 + "]" * 50_000, "is not TOML: nested too deeply"),
        ("training.epochs=" + "9" * 5000, "training.epochs: "),
        ("training.epochs=" + "9" * 4000, "training.epochs: "),
        ("training.epochs=1\nrate = 3", "training.epochs: "),
    ],
)
def test_an_override_that_makes_no_sense(override, said):
    with pytest.raises(RecipeError) as caught:
        schema.load(NAME, [override])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value) or "\n" in override


def test_an_override_leaves_the_file_alone():
    before = (catalogue.FOLDER / f"{NAME}.toml").read_bytes()
    schema.load(NAME, ["training.epochs=7"])
    assert schema.load(NAME).training.epochs == 60
    assert (catalogue.FOLDER / f"{NAME}.toml").read_bytes() == before


# --- the fingerprint


def test_the_fingerprint_is_sha256_and_stable():
    recipe = schema.parse(MINIMAL, "own")
    assert len(recipe.fingerprint()) == 64
    assert recipe.fingerprint() == schema.parse(copy.deepcopy(MINIMAL), "other name").fingerprint()
    written_out = schema.parse(tomllib.loads(recipe.to_toml()), "own")
    assert written_out.fingerprint() == recipe.fingerprint()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("rate", 8000),
        ("corpus.name", "ravdess"),
        ("corpus.start", 0.1),
        ("cut.mode", "fixed"),
        ("cut.seconds", 1.1),
        ("cut.hop", 0.4),
        ("features.mfcc.coefficients", 13),
        ("features.mfcc.mel_scale", "slaney"),
        ("features.mfcc.padding", "reflect"),
        ("features.mfcc.high", 4000.0),
        ("normalization", {"mfcc": "per_position"}),
        ("noise", {"copies": 1}),
        ("noise", {"copies": 0, "snr_high": 20}),
        ("model.layers", 3),
        ("model.cnn_dropout", 0.2),
        ("protocol.k", 4),
        ("protocol", {"type": "leave_one_speaker_out"}),
        ("training.epochs", 2),
        ("training.batch_size", 3),
        ("training.optimizer.learning_rate", 0.2),
        ("training.optimizer.momentum", 0.1),
        ("training.optimizer.weight_decay", 0.1),
        ("training.schedule", {"type": "cosine"}),
        ("training.select", "last"),
        ("training.patience", 3),
        ("training.drop_last", True),
        ("training.label_smoothing", 0.1),
        ("training.precision", "bf16"),
    ],
)
def test_whatever_changes_a_result_changes_the_fingerprint(place, value):
    assert schema.parse(values_with(place, value), "own").fingerprint() != schema.parse(MINIMAL, "own").fingerprint()


def test_words_do_not_change_the_fingerprint():
    figure = {"metric": "m", "value": 1.0, "source": "s", "citation": "c", "protocol": "p"}
    other = MINIMAL | {"title": "another", "notes": "n", "budget": "full", "published": [figure]}
    assert schema.parse(other, "own").fingerprint() == schema.parse(MINIMAL, "own").fingerprint()


def test_circumstances_change_the_fingerprint():
    recipe = schema.parse(MINIMAL, "own")
    found = {recipe.fingerprint(), *(recipe.fingerprint(seeds=[n], machine=m) for n in (0, 1) for m in ("cpu", "cuda"))}
    assert len(found) == 5
    assert recipe.fingerprint(a=1, b=2) == recipe.fingerprint(b=2, a=1)
