"""`serkit recipes`: which trainings come with serkit, and what each does."""

from dataclasses import asdict
from typing import Annotated

import typer

from serkit.cli._console import out, print_json, table

app = typer.Typer(no_args_is_help=True, help="List and show the recipes.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_recipes(json: Json = False) -> None:
    """List every recipe that comes with serkit."""
    from serkit.recipe import catalogue

    entries = catalogue.entries()
    if json:
        print_json([asdict(entry) | {"file": str(entry.file)} for entry in entries])
        return
    rows = [(entry.name, entry.corpus, entry.protocol.replace("_", " "), entry.budget, entry.title) for entry in entries]
    out.print(table(None, ("name", "corpus", "protocol", "budget", "title"), rows))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A recipe of 'serkit recipes list', or a path.", metavar="NAME")],
    json: Json = False,
) -> None:
    """Show a recipe as it is written, its comments too."""
    from serkit.recipe import catalogue

    values, path = catalogue.load(name), catalogue.find(name)
    if json:
        print_json(values)
    else:  # a variant stands in its recipe's file, with its comments
        out.print(path.read_text(encoding="utf-8").rstrip(), markup=False)
