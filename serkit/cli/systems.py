"""`serkit systems`: the published systems, block by block."""

import sys
from collections import Counter
from typing import Annotated

import typer

from serkit.cli._console import out, print_json, table
from serkit.errors import UsageError

app = typer.Typer(no_args_is_help=True, help="List the systems and show their blocks.")

SHOWN = 3
"""Seconds of a recording that a system of whole recordings is shown with."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _recipes() -> dict[str, list[str]]:
    """The recipes of each network."""
    from serkit.recipe import catalogue

    found: dict[str, list[str]] = {}
    for entry in catalogue.entries():
        if not entry.network:
            continue
        found.setdefault(entry.system, []).append(entry.name)
    return found


@app.command("list")
def list_systems(json: Json = False) -> None:
    """List every system and the recipes that train it."""
    found = _recipes()
    if json:
        print_json(found)
        return
    out.print(table(None, ("system", "recipes"), [(name, ", ".join(_counted(own))) for name, own in found.items()]))
    out.print("\n'serkit recipes list' names the variants", markup=False)


def _counted(recipes: list[str]) -> list[str]:
    """Recipes without their variants, which are counted."""
    variants = Counter(name.rpartition("/")[0] for name in recipes)
    whole = [name for name in recipes if name.rpartition("/")[0] not in recipes]
    return [f"{name} ({variants[name]} variant{'s' * (variants[name] > 1)})" if variants[name] else name for name in whole]


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A system, or one of its recipes.", metavar="NAME")],
    classes: Annotated[int | None, typer.Option(help="Emotions to tell apart (default: the corpus's).", min=2)] = None,
    json: Json = False,
) -> None:
    """Show a system's blocks with their output shapes (for one window) and parameters."""
    found = _recipes()
    if name not in found and name not in [each for own in found.values() for each in own] and not name.endswith(".toml"):
        raise UsageError(f"no system '{name}'; known are {', '.join(found)} ('serkit systems list' shows their recipes)")
    from serkit.recipe import build, catalogue, schema
    from serkit.system import describe, parameters
    from serkit.windows import sizes

    recipe_name = catalogue.home(name) or name
    recipe = schema.load(recipe_name)
    if not isinstance(recipe, schema.Recipe):
        raise UsageError(f"recipe '{recipe_name}' is a baseline, {recipe.system} on functionals, which has no blocks")
    if recipe.corpus.target and classes:
        raise UsageError(
            f"--classes: recipe '{recipe_name}' gives a value of {recipe.corpus.target} and tells no emotions apart"
        )
    classes = classes or len(recipe.corpus.classes)
    system = build.system(recipe, classes)
    length, _ = sizes(recipe.cut.cut(), recipe.rate)
    if recipe.cut.mode == "whole":
        length = min(length, SHOWN * recipe.rate)
    blocks = describe(system, length)
    total = parameters(system)
    if json:
        shown = [block._asdict() for block in blocks]
        head = {"system": recipe.model.type, "recipe": recipe_name, "classes": classes, "samples": length}
        print_json(head | {"blocks": shown, "parameters": total})
        return
    doc = (sys.modules[type(system.model).__module__].__doc__ or "").splitlines()[0]
    out.print(f"{recipe.model.type} as in recipe {recipe_name}: {doc}", markup=False)
    item = "recording" if recipe.cut.mode == "whole" else "window"
    told = f"a value of {recipe.corpus.target}" if recipe.corpus.target else f"{classes} emotions"
    out.print(f"one {item} of {length} samples at {recipe.rate} Hz, {told}\n", markup=False)
    rows = [
        (each.name, each.kind, each.output, f"{each.parameters:,}" if each.parameters else "", each.source) for each in blocks
    ]
    columns = ("block", "kind", "output", "parameters", "described in")
    out.print(table(None, columns, rows, right=("output", "parameters")))
    where = "; sections and equations are those of the system's paper" if any(each.source for each in blocks) else ""
    out.print(f"\n{total:,} parameters{where}")
