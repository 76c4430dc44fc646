"""The command line: one file a group of commands, whose bodies import what they need when they run."""

import errno
import sys
import warnings
from functools import partial

import typer

from serkit.cli import ablate, corpora, evaluate, features, predict, publish, recipes, report, systems, train
from serkit.cli._console import say
from serkit.cli._options import ARGUMENTS
from serkit.cli._streams import Ending, give_up, ready
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
    ready()
    import onnxruntime  # which `import serkit` has brought already

    onnxruntime.set_default_logger_severity(4)  # its own lines on standard error, beside the one that an exception becomes
    if not sys.warnoptions:  # what libraries warn their callers of is nothing that a user could mend
        warnings.simplefilter("ignore")
    with Ending() as ending:
        try:
            status = run(sys.argv[1:])
        except KeyboardInterrupt:
            status = INTERRUPTED  # once more, while the first was answered
        except OSError:
            status = BAD_INPUT  # nor can standard error be written to
    if status == INTERRUPTED:
        status = ending.status(status)
    for stream in (sys.stdout, sys.stderr):
        give_up(stream)
    sys.exit(status)


def run(arguments: list[str]) -> int:  # noqa: PLR0911 - one return for each way to end
    """Carry out one command line and return its exit status."""
    ARGUMENTS.set(arguments)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always", Notice)  # "once" forgets where anyone else changes a filter
            warnings.showwarning = partial(_notice, set())
            status = app(arguments, standalone_mode=False)
        sys.stdout.flush()
    except SerkitError as error:
        return _fail(str(error))
    except typer.TyperException as error:
        return _misused(error)
    except (KeyboardInterrupt, typer.Abort):
        say("serkit: stopped")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`serkit predict … | head`); nothing more may be written, not even at exit.
        give_up(sys.stdout)
        return 1
    except ModuleNotFoundError as error:
        if missing := MissingExtra.behind(error):
            return _fail(str(missing))
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
        errno.EBADF: "open it, or send it to /dev/null",
        errno.ENOSPC: "make room and run the same command again; nothing half-written was kept",
        errno.EDQUOT: "make room and run the same command again; nothing half-written was kept",
        errno.EFBIG: "allow larger files and run the same command again; nothing half-written was kept",
        errno.EACCES: "choose a place that may be written to",
        errno.EROFS: "choose a place that may be written to",
    }.get(error.errno or 0, "put that right and run the same command again")
    return f"{where}{error.strerror}; {advice}"
