"""The family of a system: its ablations, sweeps and other readings, each a Run of its own in one folder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from serkit import corpora, files
from serkit.errors import RunError, UsageError
from serkit.experiment.plan import Machine, Plan, resume, start
from serkit.recipe import build, catalogue, schema
from serkit.recipe.schema import Recipe
from serkit.report.ablation import CLIP, Member
from serkit.runs import Run
from serkit.system import multiply_adds, parameters
from serkit.types import Cut
from serkit.windows import sizes

NAMED = ("speaker_holdout", "grouped_k_fold")
"""Protocols that name speakers of one corpus."""

HOME = Path("runs") / "ablations"
"""Where families lie that nobody named a folder for."""


@dataclass(frozen=True, slots=True)
class Family:
    """The recipes of an ablation by their short names, the whole system first; each has its Run in a folder below `folder`."""

    recipes: dict[str, tuple[str, Recipe]]
    folder: Path

    def run(self, name: str) -> Run | None:
        """The Run of a recipe, if it was begun."""
        place = self.folder / name
        return Run(place) if (place / "run.json").is_file() else None


def family(
    system: str, corpus: str | None, protocol: str | None, overrides: Sequence[str], only: Sequence[str], folder: Path | None
) -> Family:
    """What `serkit ablate` runs: the family of `system` that is written for `corpus`, or another one moved there.

    `folder` None is one below runs/, named for all that was asked. Raises UsageError where nothing fits.
    """
    families = catalogue.families(system)
    if not families:
        known = dict.fromkeys(entry.system for entry in catalogue.entries() if catalogue.families(entry.system))
        raise UsageError(f"no system '{system}' with ablations; known are {', '.join(known)}")
    at_home = [whole for whole in families if corpus in (None, catalogue.load(whole)["corpus"]["name"])]
    whole = (at_home or list(families))[0]
    home = catalogue.load(whole)
    changes = list(overrides)
    if not at_home:
        if corpus not in corpora.CORPORA:
            raise UsageError(f"--corpus {corpus}: no such corpus; known are {', '.join(corpora.CORPORA)}")
        if protocol is None and home["protocol"]["type"] in NAMED:
            raise UsageError(
                f"--corpus {corpus}: the split of {whole} names speakers of {home['corpus']['name']}; "
                "choose another with --protocol, for example --protocol leave_one_speaker_out"
            )
        changes.append(f'corpus={{name="{corpus}"}}')
    if protocol:
        changes.append(f"protocol={protocol}" if protocol.startswith("{") else f'protocol={{type="{protocol}"}}')
    names = {name.rpartition("/")[2]: name for name in (whole, *families[whole])}
    if unknown := [each for each in only if each not in names]:
        raise UsageError(f"--only {unknown[0]}: no such ablation of {system}; there are {', '.join(names)}")
    recipes: dict[str, tuple[str, Recipe]] = {}
    for short, name in names.items():
        if not only or short in only or name == whole:
            recipe = schema.load(name, changes)
            assert isinstance(recipe, Recipe)  # a family is one of networks
            recipes[short] = name, recipe
    place = "-".join([system, corpus or home["corpus"]["name"], *([_plain(protocol)] if protocol else [])])
    return Family(recipes, folder or HOME / place)


def plan(
    asked: Family, name: str, machine: Machine, seeds: Sequence[int], root: Path | None, command: str, cache: Path | None
) -> Plan:
    """The plan of one recipe's Run, begun or to be continued. Raises RunError where the folder holds another."""
    recipe_name, recipe = asked.recipes[name]
    if asked.folder.parent in (HOME, HOME.parent):
        asked.folder.parent.mkdir(parents=True, exist_ok=True)
    place = files.folder(asked.folder) / name
    if asked.run(name) is None:
        found = start(recipe_name, recipe, machine, seeds, place, root, command)
    else:
        found = resume(place, lambda _: root)
        if found.recipe != recipe or tuple(seeds) != found.run.info.seeds:
            raise RunError(f"{place}: was begun with another recipe or other seeds than were asked for; choose another --out")
    return replace(found, cache=cache)


def members(asked: Family) -> list[Member]:
    """Every recipe with its Run, if there is one, and with what its network costs."""
    found = []
    for name, (_, recipe) in asked.recipes.items():
        run = asked.run(name)
        classes = len(run.info.labels if run else recipe.corpus.classes)
        system = build.system(recipe, classes)
        found.append(
            Member(name, recipe.title, run, parameters(system), _cost(recipe, multiply_adds(system, _samples(recipe))))
        )
    return found


def _samples(recipe: Recipe) -> int:
    """The length of a window, or of the clip that stands for whole recordings."""
    length, _ = sizes(recipe.cut.cut(), recipe.rate)
    return min(length, round(CLIP * recipe.rate)) if recipe.cut.mode == "whole" else length


def _cost(recipe: Recipe, of_a_window: int) -> int:
    """Multiply-adds of all windows of a clip."""
    how = recipe.cut.cut()
    if how.mode == "fixed":
        how = Cut("windows", how.seconds, how.hop, how.at)  # as a recognizer takes it
    length, hop = sizes(how, recipe.rate)
    if how.mode == "whole":
        return of_a_window
    beyond = max(0, round(CLIP * recipe.rate) - length)
    return of_a_window * (1 + -(-beyond // hop))


def _plain(protocol: str) -> str:
    return "".join(each if each.isalnum() or each in "_" else "-" for each in protocol).strip("-")
