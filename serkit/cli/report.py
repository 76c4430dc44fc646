"""`serkit report`: a Run as one page, and its scores on the terminal."""

from pathlib import Path
from typing import Annotated

import typer

from serkit.cli._console import out, print_json


def report(
    run: Annotated[Path, typer.Argument(help="A Run folder.", metavar="RUN")],
    audio: Annotated[
        bool | None,
        typer.Option("--audio/--no-audio", help="Players for the worst mistakes (default: if the corpus may be passed on)."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON.")] = False,
) -> None:
    """Write report.html and figures into a Run folder, and print its scores."""
    from serkit.cli._scores import as_json, show
    from serkit.report import summary, write
    from serkit.runs import Run

    opened = Run(run)
    path = write(opened, audio=audio)
    found = summary(opened)
    if json:
        print_json({"report": str(path), "warnings": list(found.warnings), "scores": as_json(found, opened.info)})
        return
    show(found, opened.info)
    out.print(f"report: {path}", markup=False)
