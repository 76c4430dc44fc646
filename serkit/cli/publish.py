"""`serkit publish`: Runs as rows of a folder of results."""

from pathlib import Path
from typing import Annotated

import typer

from serkit.cli._console import out, visible


def publish(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, trained and scored.", metavar="RUN...")],
    to: Annotated[Path, typer.Option("--to", help="The folder of results; made where it is not there.", metavar="FOLDER")],
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of another Run of the same recipe.")] = False,
) -> None:
    """Add Runs to a folder of results, and write its tables: Markdown, JSON and LaTeX.

    Each Run becomes a row named after its recipe, with its predictions and its recipe beside it. Rows that share a split are
    compared in pairs with the linear SVM among them, or of values the ridge regression, where there is one.
    """
    from serkit.report import publish as published
    from serkit.report import summary
    from serkit.runs import Run

    for folder in runs:
        run = Run(folder)
        out.print(visible(f"{folder}: {published.add(run, to, replace=replace)}"), markup=False)
        for doubt in summary(run).doubts:
            out.print(visible(f"{folder}: {doubt}"), markup=False)
    out.print(f"tables: {', '.join(str(to / name) for name in published.TABLES)}", markup=False)
