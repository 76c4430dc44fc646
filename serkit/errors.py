"""Every error that serkit raises on purpose: one line that says what was wrong, where, and what to do.

SerkitError
├── UsageError              an argument that makes no sense (a rate that is missing, an unknown name)
├── OutputError             a place that cannot be written to: no plain file, or one whose folder is not there
├── MissingExtra            a part of serkit whose dependencies are not installed
├── AudioError              one recording that cannot be used; carries its path
│   ├── AudioNotFound       no such file, or it may not be opened
│   ├── NotAudio            a format that is not read, or several recordings in one file
│   ├── TruncatedAudio      the header announces more than the file holds
│   ├── EmptyAudio          no samples at all
│   ├── InvalidSamples      samples that are NaN, infinite or far beyond full scale
│   ├── AudioTooLong        longer than the limit
│   ├── UnsupportedRate     a sample rate outside what can be resampled sensibly
│   └── NotRecognized       the model gives no number for it
├── CorpusError             a corpus that is not there, is incomplete, or does not match its published counts
├── DownloadError           a corpus that cannot be fetched, or that arrives as something else
├── ProtocolError           folds that cannot be made of these utterances
├── RecipeError             a recipe that says something impossible; names every fault at once
├── RunError                a Run folder that is missing, locked, of another recipe, or damaged
├── CacheError              features that were in the cache when a training began and are no longer
├── TrainingError           a training whose loss is no longer a number
├── ModelError              a model file that is missing, is none of ours, or cannot do what was asked
└── ExportError             an exported graph that does not agree with the system it came from
"""

from pathlib import Path


class SerkitError(Exception):
    """Base of all of them: catch this to catch every foreseen failure."""


class UsageError(SerkitError):
    """An argument that makes no sense."""


class OutputError(SerkitError):
    """A place that cannot be written to: no plain file, or one whose folder is not there."""


EXTRAS = {
    **dict.fromkeys(("torch", "lightning_fabric", "pydantic", "safetensors", "onnx", "filelock"), "train"),
    **dict.fromkeys(("tomli_w", "jinja2", "matplotlib", "sklearn", "scipy"), "train"),
    **dict.fromkeys(("pyarrow", "audformat", "audeer", "pandas"), "tables"),
    "opensmile": "opensmile",
}
"""The extra of serkit that installs a package, by the package's name in Python."""


class MissingExtra(SerkitError, ImportError):
    """A part of serkit whose dependencies are not installed; the message says how they are."""

    def __init__(self, extra: str, module: str, note: str = "") -> None:
        super().__init__(f"this needs the package '{module}': {_how(extra)}{f' ({note})' if note else ''}")
        self.name = module
        self._given = extra, module, note

    def __reduce__(self) -> tuple[type["MissingExtra"], tuple[str, str, str]]:
        return type(self), self._given

    @classmethod
    def behind(cls, error: ModuleNotFoundError) -> "MissingExtra | None":
        """What an import failed for; None where no extra of serkit has it."""
        package = (error.name or "").partition(".")[0]
        return cls(EXTRAS[package], package) if package in EXTRAS else None


class AudioError(SerkitError):
    """One recording that cannot be used.

    `source` is the path (or the name of the stream), `reason` what was wrong with it and what to do.
    """

    def __init__(self, source: Path | str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = str(source)
        self.reason = reason


class AudioNotFound(AudioError):
    """No such file, or it may not be opened."""


class NotAudio(AudioError):
    """Not a format that is read, or a file that goes on where its recording ends."""


class TruncatedAudio(AudioError):
    """The header announces more samples than the file holds."""


class EmptyAudio(AudioError):
    """No samples at all."""


class InvalidSamples(AudioError):
    """Samples that are NaN, infinite or far beyond full scale."""


class AudioTooLong(AudioError):
    """Longer than the limit asked for."""


class UnsupportedRate(AudioError):
    """A sample rate outside what can be resampled sensibly."""


class NotRecognized(AudioError):
    """The model gives no number for it."""


class CorpusError(SerkitError):
    """A corpus that is not there, is incomplete, or does not match its published counts."""


class DownloadError(SerkitError):
    """A corpus that cannot be fetched, or that arrives as something else."""


class ProtocolError(SerkitError):
    """Folds that cannot be made of these utterances."""


class RecipeError(SerkitError):
    """A recipe that says something impossible."""


class RunError(SerkitError):
    """A Run folder that is missing, locked, of another recipe, or damaged."""


class CacheError(SerkitError):
    """Features that were in the cache when a training began and are no longer."""


class TrainingError(SerkitError):
    """A training that cannot go on."""


class ModelError(SerkitError):
    """A model file that is missing, is none of ours, or cannot do what was asked."""


class ExportError(SerkitError):
    """An exported graph that does not agree with the system it came from."""


class Notice(UserWarning):
    """What a user has to know once: no failure, and not raised but warned of."""


def _how(extra: str) -> str:
    """The command that installs an extra from where this serkit came from: a checkout, an address, or an index."""
    import json  # here, since nobody should wait for these whose packages are all there
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    here = Path(__file__).resolve().parents[1]
    try:
        came = json.loads(distribution("serkit").read_text("direct_url.json") or "{}")
        place = str(came["url"])
    except (PackageNotFoundError, OSError, ValueError, KeyError, TypeError):
        came, place = {}, ""
    if (here / "pyproject.toml").is_file():
        return f"pip install -e '.[{extra}]' in {here}"
    if place.startswith("file:") and "dir_info" in came:
        return f"pip install '.[{extra}]' in {url2pathname(urlsplit(place).path)}"
    if version_control := came.get("vcs_info", {}).get("vcs"):
        return f"pip install 'serkit[{extra}] @ {version_control}+{place}'"
    return f"pip install 'serkit[{extra}] @ {place}'" if place else f"pip install 'serkit[{extra}]'"
