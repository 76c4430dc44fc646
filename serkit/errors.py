"""Every error that serkit raises on purpose: one line that says what was wrong, where, and what to do.

SerkitError
├── UsageError              an argument that makes no sense (a rate that is missing, an unknown name)
├── OutputError             a place that cannot be written to: no plain file, or one whose folder is not there
├── MissingExtra            a part of serkit whose dependencies are not installed
├── AudioError              one recording that cannot be used; carries its path
│   ├── AudioNotFound       no such file, or it may not be opened
│   ├── NotAudio            libsndfile does not know the format
│   ├── TruncatedAudio      the header announces more than the file holds
│   ├── EmptyAudio          no samples at all
│   ├── InvalidSamples      NaN or infinite samples
│   ├── AudioTooLong        longer than the limit
│   └── UnsupportedRate     a sample rate outside what can be resampled sensibly
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


class MissingExtra(SerkitError):
    """A part of serkit whose dependencies are not installed."""

    def __init__(self, extra: str, module: str) -> None:
        super().__init__(f"this needs the package '{module}': pip install 'serkit[{extra}]'")


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
    """Not a format that libsndfile reads."""


class TruncatedAudio(AudioError):
    """The header announces more samples than the file holds."""


class EmptyAudio(AudioError):
    """No samples at all."""


class InvalidSamples(AudioError):
    """NaN or infinite samples."""


class AudioTooLong(AudioError):
    """Longer than the limit asked for."""


class UnsupportedRate(AudioError):
    """A sample rate outside what can be resampled sensibly."""


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
