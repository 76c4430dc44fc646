"""What makes answers doubtful, gathered over many recordings and told once for each kind."""

from serkit.cli._console import say
from serkit.types import Prediction


class Doubts:
    """Counts the kinds of warnings of predictions, each with the first recording that had it."""

    def __init__(self) -> None:
        self._count: dict[str, int] = {}
        self._first: dict[str, str] = {}

    def add(self, name: str, prediction: Prediction) -> None:
        """Take one recording's warnings."""
        for warning in prediction.warnings:
            kind, _, reason = warning.partition(": ")
            self._count[kind] = self._count.get(kind, 0) + 1
            self._first.setdefault(kind, f"{name}: {reason}")

    def tell(self, total: int) -> None:
        """Print a line on standard error for each kind."""
        for kind, count in self._count.items():
            say(
                f"serkit: note: {kind} in {count} of {total} recordings"
                + (", the first " if count > 1 else ", ")
                + self._first[kind]
            )
