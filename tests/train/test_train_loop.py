"""The loop: it learns, it stops and selects as the plan says, and a resumed training is an undisturbed one to the bit."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from lightning_fabric import Fabric
from synthetic import LABELS, recipe_of, staged_recipe_of, store_of, system_of

from serkit import metrics
from serkit.augment import Augmentation
from serkit.errors import TrainingError
from serkit.recipe.training import Training
from serkit.runs import Epoch
from serkit.train import checkpoint, loop
from serkit.train.evaluate import probabilities
from serkit.train.stage import Trained

pytestmark = pytest.mark.filterwarnings("ignore:.*does not have many workers.*")

SGD = {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9}
ADAM = {"type": "adam", "learning_rate": 0.01}
RMSPROP = {"type": "rmsprop", "learning_rate": 0.003, "momentum": 0.5}


def fabric():
    return Fabric(accelerator="cpu", devices=1, precision="32-true")


def job_of(clips, folder, recipe, seed=11, validation=True):
    system = system_of(recipe)
    store = store_of(recipe, system=system)
    train = store.examples(clips[:12] if validation else clips, copies=recipe.noise.copies > 0)
    held = store.examples(clips[12:], copies=False) if validation else None
    system.fit_normalizers([train.features])
    return loop.Job(system, recipe.training, recipe.augmentation, train, held, folder, "print", seed, threads=1)


def train(job, told=None):
    return loop.fit(fabric(), job, (told if told is not None else []).append)


def unclocked(history):
    return [replace(epoch, seconds=0.0) for epoch in history]


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_it_learns_sixteen_clips_by_heart(clips, tmp_path):
    recipe = recipe_of(epochs=40, batch_size=8, optimizer=SGD)
    job = job_of(clips, tmp_path, recipe, validation=False)
    state = train(job)
    job.system.load_state_dict(state.best)
    found, loss = probabilities(job.system, job.train)
    assert found.argmax(1).tolist() == [LABELS.index(each.label) for each in clips]
    assert loss < 0.2
    assert state.history[-1].train_wa == 1.0
    assert state.history[0].train_loss > 5 * state.history[-1].train_loss


@pytest.mark.parametrize("optimizer", [SGD, ADAM, RMSPROP], ids=["sgd", "adam", "rmsprop"])
def test_resumed_after_every_epoch_is_undisturbed(clips, tmp_path, optimizer):
    recipe = recipe_of(copies=1, epochs=4, optimizer=optimizer, schedule={"type": "cosine", "warmup": 0.2})
    whole = train(job_of(clips, tmp_path / "whole", recipe))
    for epoch in range(1, 4):
        told = []

        def stop_after(done, epoch=epoch, told=told):
            told.append(done)
            if done.epoch == epoch:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            loop.fit(fabric(), job_of(clips, tmp_path / "parts", recipe), stop_after)
        assert [each.epoch for each in told] == list(range(1, epoch + 1))  # history is told again
    torch.rand(17)  # nothing hangs on the global generator
    parts = train(job_of(clips, tmp_path / "parts", recipe))
    assert unclocked(parts.history) == unclocked(whole.history)
    assert parts.best_epoch == whole.best_epoch
    assert same(parts.weights, whole.weights)
    assert same(parts.best, whole.best)
    assert all(same(parts.moments[number], whole.moments[number]) for number in whole.moments)


def test_a_finished_training_is_not_trained_on(clips, tmp_path):
    recipe = recipe_of(epochs=2)
    first = train(job_of(clips, tmp_path, recipe))
    before = (tmp_path / "checkpoint" / checkpoint.NAME).read_bytes()
    told = []
    again = train(job_of(clips, tmp_path, recipe), told)
    assert told == list(first.history)
    assert same(again.weights, first.weights)
    assert (tmp_path / "checkpoint" / checkpoint.NAME).read_bytes() == before


def test_a_checkpoint_of_another_run_is_not_continued(clips, tmp_path):
    recipe = recipe_of(epochs=2)
    one = train(job_of(clips, tmp_path, recipe))
    other = train(replace(job_of(clips, tmp_path, recipe), fingerprint="another"))
    assert other.fingerprint == "another"
    assert unclocked(other.history) == unclocked(one.history)


def test_the_seed_decides(clips, tmp_path):
    recipe = recipe_of(epochs=2)
    torch.manual_seed(1)
    one = train(job_of(clips, tmp_path / "a", recipe, seed=1))
    torch.manual_seed(2)
    again = train(job_of(clips, tmp_path / "b", recipe, seed=1))
    other = train(job_of(clips, tmp_path / "c", recipe, seed=2))
    assert same(one.weights, again.weights)
    assert unclocked(one.history) == unclocked(again.history)
    assert not same(one.weights, other.weights)


def test_dropout_and_order_change_from_epoch_to_epoch(clips, tmp_path, monkeypatch):
    seen = []
    original = loop.Examples.batch

    def noted(self, items, device, epoch=None):
        seen.append(items.tolist())
        return original(self, items, device, epoch)

    job = job_of(clips, tmp_path, recipe_of(epochs=2, batch_size=500), validation=False)
    monkeypatch.setattr(loop.Examples, "batch", noted)
    train(job)
    assert sorted(seen[0]) == sorted(seen[1]) == list(range(len(job.train)))
    assert seen[0] != seen[1]
    assert seen[0] != sorted(seen[0])


def test_order_and_dropout_follow_from_seed_and_epoch(clips, tmp_path, monkeypatch):
    orders, masks = [], []
    original = loop.Examples.batch

    def noted(self, items, device, epoch=None):
        orders.append(tuple(items.tolist()))
        masks.append(torch.initial_seed())  # what dropout draws from
        return original(self, items, device, epoch)

    jobs = [job_of(clips, tmp_path / str(n), recipe_of(epochs=2, batch_size=500), n, validation=False) for n in (1, 2)]
    monkeypatch.setattr(loop.Examples, "batch", noted)
    for job in jobs:
        train(job)
    assert len(set(orders)) == len(set(masks)) == 4


def test_history_is_told_kept_and_written(clips, tmp_path):
    told = []
    job = job_of(clips, tmp_path, recipe_of(epochs=3, schedule={"type": "step", "every": 1, "gamma": 0.5}))
    state = train(job, told)
    assert tuple(told) == state.history
    assert [epoch.epoch for epoch in told] == [1, 2, 3]
    assert [epoch.learning_rate for epoch in told] == [0.05, 0.025, 0.0125]
    lines = (tmp_path / "history.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("epoch,learning_rate,train_loss,train_wa,validation_loss,validation_wa,validation_ua,seconds")
    assert len(lines) == 4
    job.system.load_state_dict(state.weights)
    found, loss = probabilities(job.system, job.validation)
    true = [LABELS.index(each.label) for each in job.validation.utterances]
    matrix = metrics.confusion(true, found.argmax(1), 4)
    last = state.history[-1]
    assert (last.validation_wa, last.validation_ua) == (float(metrics.wa(matrix)), float(metrics.ua(matrix)))
    assert last.validation_loss == pytest.approx(loss)


def test_the_mean_loss_counts_items(clips, tmp_path, monkeypatch):
    """Without learning worth the name and without dropout, the mean over uneven batches is the mean over items."""
    recipe = recipe_of(epochs=1, batch_size=13, optimizer={"type": "sgd", "learning_rate": 1e-12})
    job = job_of(clips, tmp_path, recipe)
    for module in job.system.modules():
        if hasattr(module, "p"):
            module.p = 0.0
        if isinstance(module, torch.nn.BatchNorm2d):
            module.forward = lambda values: values  # statistics of a batch are not those of another
    pool_alone = lambda values, norm, pool: torch.nn.functional.max_pool2d(values, pool)  # noqa: ARG005, E731
    monkeypatch.setattr("serkit.models.cnn_transformer.normalize_and_pool", pool_alone)
    _, loss = probabilities(job.system, job.train)
    assert len(job.train) % 13
    state = train(job)
    assert state.history[0].train_loss == pytest.approx(loss, rel=1e-4)


# --- selection and stopping: the rules by themselves, on made-up epochs


def epoch_of(number, wa, loss):
    ua = None if wa is None else 1 - wa  # nothing to select by
    return Epoch(number, 0.1, 1.0, 0.5, loss, wa, ua, 0.0)


class Fake:
    """A job whose system's weights are the number of epochs."""

    def __init__(self, **plan):
        self.plan = Training(**({"epochs": 50, "batch_size": 2, "optimizer": {"type": "sgd", "learning_rate": 1}} | plan))
        self.system = torch.nn.Linear(1, 1, bias=False)
        self.fingerprint = "print"

    def run(self, scores):
        """The state after as many of the epochs as the plan allows."""
        state = None
        for number, (wa, loss) in enumerate(scores, 1):
            if loop._finished(state, self.plan, "whole"):
                break
            torch.nn.init.constant_(self.system.weight, number)
            state = loop._advance(state, epoch_of(number, wa, loss), self, {})
        return state


def test_the_best_epochs_weights_are_kept():
    state = Fake().run([(0.5, 1.0), (0.7, 0.9), (0.6, 0.1), (0.7, 0.9), (0.7, 0.8), (0.4, 0.1)])
    assert state.best_epoch == 5  # equal accuracy: the smaller loss
    assert (state.best["weight"].item(), state.weights["weight"].item()) == (5, 6)


def test_an_equal_epoch_is_not_better():
    assert Fake().run([(0.5, 1.0), (0.5, 1.0), (0.5, 1.1)]).best_epoch == 1


def test_last_keeps_the_last():
    state = Fake(select="last").run([(0.9, 0.1), (0.5, 1.0), (0.1, 3.0)])
    assert (state.best_epoch, state.best["weight"].item()) == (3, 3)


def test_without_validation_the_last_is_kept():
    state = Fake().run([(None, None)] * 3)
    assert (state.best_epoch, state.best["weight"].item()) == (3, 3)


def test_patience():
    scores = [(0.5, 1.0), (0.6, 1.0), (0.4, 1.0), (0.5, 1.0), (0.6, 1.0), (0.9, 0.1)]
    assert len(Fake(patience=3).run(scores).history) == 5
    assert Fake(patience=3).run(scores).best_epoch == 2
    assert Fake(patience=4).run(scores).best_epoch == 6
    assert len(Fake(patience=1).run(scores).history) == 3
    assert len(Fake(epochs=2).run(scores).history) == 2


def test_patience_ends_a_real_training(clips, tmp_path):
    recipe = recipe_of(epochs=30, patience=1, optimizer={"type": "sgd", "learning_rate": 1e-12})
    state = train(job_of(clips, tmp_path, recipe))
    assert len(state.history) < 30
    assert len(state.history) - state.best_epoch == 1


def test_the_selected_epochs_weights_are_those_of_that_epoch(clips, tmp_path):
    recipe = recipe_of(epochs=6, optimizer={"type": "adam", "learning_rate": 0.02})
    job = job_of(clips, tmp_path, recipe)
    by_epoch = []
    state = loop.fit(fabric(), job, lambda _: by_epoch.append({n: v.clone() for n, v in job.system.state_dict().items()}))
    assert same(state.best, by_epoch[state.best_epoch - 1])
    assert same(state.weights, by_epoch[-1])
    merit = [(epoch.validation_wa, -epoch.validation_loss) for epoch in state.history]
    assert state.best_epoch == merit.index(max(merit)) + 1


# --- stages


def staged_job(clips, folder, validation=True, **plan):
    """AMSNet, small; its features here are MFCC for both of its inputs."""
    recipe = staged_recipe_of(**plan)
    return job_of(clips, folder, recipe, validation=validation)


def weights_of(job, name):
    return {key: value.clone() for key, value in job.system.model.get_submodule(name).state_dict().items()}


def test_stages_train_one_module_after_the_other_and_freeze_it(clips, tmp_path, monkeypatch):
    each = 3  # epochs a stage
    monkeypatch.setattr(loop, "_merit", lambda epoch: (float(epoch.epoch % each == 2), 0.0))
    job = staged_job(clips, tmp_path, epochs=each)
    seen = {name: [weights_of(job, name)] for name in ("frlm", "urlm", "connect", "classifier")}
    history = []

    def note(epoch):
        history.append(epoch)
        for name, own in seen.items():
            own.append(weights_of(job, name))

    state = loop.fit(fabric(), job, note)
    assert [epoch.stage for epoch in history] == ["frlm"] * each + ["urlm"] * each + ["whole"] * each
    assert [epoch.epoch for epoch in history] == list(range(1, 3 * each + 1))
    best = [1, each + 1, 2 * each + 1]  # the next stage begins with the best weights, and these are not the last
    moves = {name: [not same(*pair) for pair in pairwise(own)] for name, own in seen.items()}
    still = [False] * (each - 1)
    assert moves["frlm"] == [True] * each + [True, *still] + [False, *still]
    assert moves["urlm"] == [False, *still] + [True] * each + [True, *still]  # running statistics among them
    assert moves["connect"] == moves["classifier"] == [False, *still] * 2 + [True] * each
    assert same(weights_of(job, "frlm"), seen["frlm"][best[0] + 1])
    assert same(weights_of(job, "urlm"), seen["urlm"][best[1] + 1])
    assert state.best_epoch == best[2] + 1


def test_the_scores_of_a_stage_are_those_of_its_module(clips, tmp_path):
    job = staged_job(clips, tmp_path, epochs=1)
    state = train(job)
    job.system.load_state_dict(state.weights)  # FRLM and URLM are what their stages left
    features, targets = job.validation.batch(torch.arange(len(job.validation)), torch.device("cpu"))
    model, given = job.system.model, job.system.eval().normalized(features)
    for epoch, recognize in zip(state.history, (model.frlm.alone, model.urlm.alone, model), strict=True):
        loss = torch.nn.functional.cross_entropy(recognize(**given).logits.detach(), targets)
        assert epoch.validation_loss == pytest.approx(float(loss), rel=1e-5)


@pytest.mark.slow
def test_each_stage_learns_by_heart(clips, tmp_path):
    job = staged_job(clips, tmp_path, validation=False, epochs=60, optimizer={"type": "adam", "learning_rate": 0.003})
    history = train(job).history
    for stage in ("frlm", "urlm", "whole"):  # batch norm of small batches lets a clip go now and then
        assert max([epoch.train_wa for epoch in history if epoch.stage == stage][-10:]) == 1.0


def test_what_frozen_modules_say_is_remembered(clips, tmp_path, monkeypatch):
    """The last stage is the same as if they were asked in each epoch; they are asked once for each item."""
    plan = {"epochs": 2, "whole_epochs": 4, "optimizer": RMSPROP}
    job = staged_job(clips, tmp_path / "remembered", **plan)
    asked = []
    job.system.model.frlm.register_forward_hook(lambda module, _given, said: asked.append((module.training, len(said))))
    remembered = train(job)
    assert [epoch.stage for epoch in remembered.history] == ["frlm"] * 2 + ["urlm"] * 2 + ["whole"] * 4
    alone = 2 * (len(job.train) + len(job.validation))
    assert sum(items for _, items in asked) == alone + len(job.train) + len(job.validation)
    assert not any(training for training, _ in asked[-2:])
    monkeypatch.setattr(Trained, "remembers", lambda *_: False)
    anew = train(staged_job(clips, tmp_path / "anew", **plan))
    for one, other in zip(remembered.history, anew.history, strict=True):
        assert one.train_loss == pytest.approx(other.train_loss, rel=1e-4)
        assert one.validation_loss == pytest.approx(other.validation_loss, rel=1e-4)
    for name, weights in remembered.weights.items():
        torch.testing.assert_close(weights, anew.weights[name], rtol=1e-3, atol=1e-4)


def test_what_is_heard_otherwise_in_each_epoch_is_not_remembered(clips, tmp_path):
    recipe = staged_recipe_of(epochs=1)
    changed = recipe.model_copy(update={"augmentation": Augmentation(mixup=0.4)})
    job = job_of(clips, tmp_path, changed)
    assert job.augmentation.mixup == 0.4
    trained = Trained(job.system, "whole", ("frlm", "urlm"))
    assert not trained.remembers(job.augmentation)
    assert trained.remembers(Augmentation())
    assert not Trained(job.system, "frlm", ("frlm", "urlm")).remembers(Augmentation())


def test_a_module_that_is_not_trained_beforehand_learns_in_the_last_stage(clips, tmp_path):
    job = staged_job(clips, tmp_path, pretrain=("frlm",), epochs=2, optimizer=RMSPROP)
    seen = []
    loop.fit(fabric(), job, lambda epoch: seen.append((epoch.stage, weights_of(job, "frlm"), weights_of(job, "urlm"))))
    assert [stage for stage, _, _ in seen] == ["frlm", "frlm", "whole", "whole"]
    assert same(seen[2][1], seen[3][1])
    assert not same(seen[2][2], seen[3][2])


def test_a_staged_training_that_is_resumed_is_undisturbed(clips, tmp_path):
    plan = {"epochs": 2, "optimizer": RMSPROP, "schedule": {"type": "cosine", "warmup": 0.2}}
    whole = train(staged_job(clips, tmp_path / "whole", **plan))
    rates = [epoch.learning_rate for epoch in whole.history]
    assert rates[:2] == rates[2:4] == rates[4:]
    for epoch in range(1, 6):

        def stop_after(done, epoch=epoch):
            if done.epoch == epoch:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            loop.fit(fabric(), staged_job(clips, tmp_path / "parts", **plan), stop_after)
    parts = train(staged_job(clips, tmp_path / "parts", **plan))
    assert unclocked(parts.history) == unclocked(whole.history)
    assert parts.best_epoch == whole.best_epoch
    assert same(parts.weights, whole.weights)
    assert same(parts.best, whole.best)


def test_patience_is_each_stages_own(clips, tmp_path):
    still = {"type": "sgd", "learning_rate": 1e-12}
    history = train(staged_job(clips, tmp_path, epochs=9, patience=1, optimizer=still)).history
    counts = [sum(epoch.stage == stage for epoch in history) for stage in ("frlm", "urlm", "whole")]
    assert all(2 <= count < 9 for count in counts)


# --- what can go wrong


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number(clips, tmp_path, bad):
    job = job_of(clips, tmp_path, recipe_of())
    with torch.no_grad():
        next(iter(job.system.model.parameters())).fill_(bad)
    with pytest.raises(TrainingError, match=r"in epoch 1; choose a smaller training\.optimizer\.learning_rate"):
        train(job)
    assert checkpoint.load(tmp_path / "checkpoint", "print") is None


def test_a_rate_that_is_too_large(clips, tmp_path):
    recipe = recipe_of(epochs=30, optimizer={"type": "sgd", "learning_rate": 1e30})
    with pytest.raises(TrainingError, match="the loss became"):
        train(job_of(clips, tmp_path, recipe))


def test_drop_last(clips, tmp_path, monkeypatch):
    sizes = []
    original = loop.Examples.batch

    def noted(self, items, device, epoch=None):
        sizes.append(len(items))
        return original(self, items, device, epoch)

    monkeypatch.setattr(loop.Examples, "batch", noted)
    job = job_of(clips, tmp_path / "kept", recipe_of(epochs=1, batch_size=5), validation=False)
    rest = len(job.train) % 5
    assert rest > 1
    train(job)
    assert sizes == [5] * (len(job.train) // 5) + [rest]
    sizes.clear()
    train(job_of(clips, tmp_path / "dropped", recipe_of(epochs=1, batch_size=5, drop_last=True), validation=False))
    assert sizes == [5] * (len(job.train) // 5)


def test_batches_by_length(clips, tmp_path):
    """Items of about one length together, in an order of the epoch's own; every item once."""
    job = job_of(clips, tmp_path, recipe_of(batch_size=2, batches="by_length"), validation=False)
    (kept, _), *_ = job.train.places
    sizes = [9 if number % 3 else 4 for number in range(len(job.train))]
    places = tuple(({"mfcc": replace(kept["mfcc"], counts=(size,))}, 0) for size in sizes)
    job = replace(job, train=replace(job.train, places=places))
    assert job.train.sizes.tolist() == sizes
    first, second, again = ([batch.tolist() for batch in loop._batches(job, epoch, 0, 1)] for epoch in (1, 2, 1))
    assert first == again != second
    assert sorted(item for batch in first for item in batch) == list(range(len(sizes)))
    assert sum(len({sizes[item] for item in batch}) > 1 for batch in first) <= 1
    lengths = [sizes[batch[0]] for batch in first]
    assert lengths != sorted(lengths)


def test_drop_last_that_leaves_nothing(clips, tmp_path):
    with pytest.raises(TrainingError, match="batch"):
        train(job_of(clips, tmp_path, recipe_of(batch_size=500, drop_last=True)))


def test_label_smoothing_is_in_the_loss(clips, tmp_path):
    plain = train(job_of(clips, tmp_path / "a", recipe_of(epochs=1, batch_size=500)))
    smooth = train(job_of(clips, tmp_path / "b", recipe_of(epochs=1, batch_size=500, label_smoothing=0.5)))
    assert plain.history[0].train_loss != pytest.approx(smooth.history[0].train_loss, abs=1e-6)


def test_training_runs_with_dropout_and_validation_without(clips, tmp_path):
    job = job_of(clips, tmp_path, recipe_of(epochs=2))
    modes = []
    job.system.model.register_forward_hook(lambda module, _i, _o: modes.append(module.training))
    train(job)
    batches = -(-len(job.train) // 4)
    assert modes == ([True] * batches + [False]) * 2


def uneven(clips, folder, **training):
    """A training of four clips of one emotion, three of another, one of a third and none of a fourth."""
    return job_of([*clips[0::4], *clips[1:10:4], clips[2]], folder, recipe_of(**training), validation=False)


def test_balanced_sampling_draws_as_many_items_of_each_emotion(clips, tmp_path):
    job = uneven(clips, tmp_path, sampling="balanced", batch_size=2)
    counts = torch.bincount(job.train.targets)
    present = counts[counts > 0]
    assert len(set(present.tolist())) > 1  # or there is nothing to balance
    drawn = [torch.cat(loop._batches(job, epoch, 0, 1)) for epoch in (1, 2, 1)]
    each = -(-len(job.train) // len(present))
    for order in drawn:
        own = torch.bincount(job.train.targets[order], minlength=len(counts))
        assert own[counts > 0].tolist() == [each] * len(present)
    assert torch.equal(drawn[0], drawn[2])
    assert not torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[0][job.train.targets[drawn[0]].argsort(stable=True)])  # emotions are mixed
    other = replace(job, seed=job.seed + 1)
    assert not torch.equal(drawn[0], torch.cat(loop._batches(other, 1, 0, 1)))


def test_balanced_sampling_reaches_every_item_in_time(clips, tmp_path):
    job = uneven(clips, tmp_path, sampling="balanced", batch_size=2)
    seen = torch.cat([order for epoch in range(1, 40) for order in loop._batches(job, epoch, 0, 1)])
    assert set(seen.tolist()) == set(range(len(job.train)))


@pytest.mark.parametrize("options", [{"sampling": "balanced"}, {"class_weights": "balanced"}], ids=["sampling", "weights"])
def test_a_balanced_training_resumes_to_the_bit_and_is_another(clips, tmp_path, options):
    whole = train(uneven(clips, tmp_path / "whole", epochs=3, **options))

    def stop(done):
        if done.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.fit(fabric(), uneven(clips, tmp_path / "parts", epochs=3, **options), stop)
    parts = train(uneven(clips, tmp_path / "parts", epochs=3, **options))
    assert unclocked(parts.history) == unclocked(whole.history)
    assert same(parts.weights, whole.weights)
    assert not same(whole.weights, train(uneven(clips, tmp_path / "plain", epochs=3)).weights)
