"""The command line: one file a group of commands, whose bodies import what they need when they run."""

import errno
import io
import os
import sys
import warnings
from functools import partial

import typer

from serkit.cli import ablate, corpora, evaluate, features, predict, publish, recipes, report, systems, train
from serkit.cli._console import say
from serkit.cli._options import ARGUMENTS
from serkit.errors import MissingExtra, Notice, SerkitError

app = typer.Typer(
    help="Recognize emotion in speech; train, judge and report the systems that do it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("predict")(predict.predict)
app.command("train")(train.train)
app.command("ablate")(ablate.ablate)
app.command("report")(report.report)
app.command("publish")(publish.publish)
app.command("evaluate")(evaluate.evaluate)
app.add_typer(corpora.app, name="corpora")
app.add_typer(features.app, name="features")
app.add_typer(recipes.app, name="recipes")
app.add_typer(systems.app, name="systems")

BAD_INPUT = 2
INTERRUPTED = 130
EXTRAS = {
    "torch",
    "pydantic",
    "safetensors",
    "onnx",
    "lightning_fabric",
    "filelock",
    "tomli_w",
    "jinja2",
    "matplotlib",
    "sklearn",
    "scipy",
}
"""What `serkit[train]` installs."""


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"serkit {version('serkit')}\n")
        raise typer.Exit


@app.callback()
def _options(
    _version: bool = typer.Option(False, "--version", help="Print the version.", callback=_version, is_eager=True),
) -> None:
    """Recognize emotion in speech; train, judge and report the systems that do it."""


def main() -> None:
    """Run the command line. Foreseen failures are one line on standard error and exit status 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file's name may hold what no encoding knows
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:  # noqa: PLR0911 - one return for each way to end
    """Carry out one command line and return its exit status."""
    ARGUMENTS.set(arguments)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", Notice)  # "once" forgets where anyone else changes a filter
            warnings.showwarning = partial(_notice, set())
            status = app(arguments, standalone_mode=False)
    except SerkitError as error:
        return _fail(str(error))
    except typer.TyperException as error:
        return _misused(error)
    except (KeyboardInterrupt, typer.Abort):
        say("serkit: stopped")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`serkit predict … | head`); nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in EXTRAS:
            return _fail(str(MissingExtra("train", error.name.split(".")[0])))
        raise
    except OSError as error:
        if error.errno is None:
            raise
        return _fail(_storage(error))
    return status if isinstance(status, int) else 0


def _notice(told: set[str], message: Warning | str, category: type[Warning], *place: object, **_: object) -> None:
    """A notice as one line, if it is not told yet; any other warning as Python prints it."""
    if issubclass(category, Notice):
        if str(message) not in told:
            say(f"serkit: note: {message}")
        told.add(str(message))
    else:
        sys.stderr.write(warnings.formatwarning(message, category, str(place[0]), int(str(place[1]))))


def _fail(message: str) -> int:
    say("serkit: error: " + " ".join(message.split()))
    return BAD_INPUT


def _misused(error: typer.TyperException) -> int:
    """A command line that makes no sense. Without any command typer has shown the help and has no message."""
    context = getattr(error, "ctx", None)
    message = error.format_message().strip()
    if not message:
        return BAD_INPUT
    command = context.command_path if context else "serkit"
    return _fail(f"{message.rstrip('.')}; see '{command} --help'")


def _storage(error: OSError) -> str:
    """What the file system said, and what to do about it."""
    where = f"{error.filename}: " if error.filename else ""
    advice = {
        errno.ENOSPC: "make room and run the same command again; nothing half-written was kept",
        errno.EDQUOT: "make room and run the same command again; nothing half-written was kept",
        errno.EFBIG: "allow larger files and run the same command again; nothing half-written was kept",
        errno.EACCES: "choose a place that may be written to",
        errno.EROFS: "choose a place that may be written to",
    }.get(error.errno or 0, "put that right and run the same command again")
    return f"{where}{error.strerror}; {advice}"
