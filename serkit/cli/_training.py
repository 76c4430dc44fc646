"""What a training says while it runs: a bar where someone watches, plain lines elsewhere, all on standard error."""

from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from serkit.cli._console import err, say
from serkit.runs import Progress as Event
from serkit.runs import Run


class Watch:
    """Called with every `experiment.Progress`. Time left is what the epochs so far took, for the epochs that are left."""

    def __init__(self, run: Run, epochs: int, final: bool, jobs: int) -> None:
        info = run.info
        self.epochs = epochs
        self.trainings = 1 if final else len(info.folds) * len(info.seeds)
        self.jobs = min(jobs, self.trainings)
        self.seconds = 0.0  # of the epochs seen, those of a resumed training as they once were
        self.epochs_seen = self.epochs_over = self.finished = 0
        self.live: dict[object, TaskID] = {}
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
        )
        self.bar = Progress(*columns, console=err, disable=not err.is_terminal)
        self.whole = self.bar.add_task("all trainings", total=self.trainings, note="", visible=self.trainings > 1)
        if not err.is_terminal:
            trainings = "1 training" if self.trainings == 1 else f"{self.trainings} trainings"
            machine = f"{info.device}, {info.threads} threads, {info.precision}"
            length = f" of at most {self.epochs} epoch{'s' if epochs > 1 else ''}" if epochs else ""
            say(f"{info.recipe}: {trainings}{length}, {machine}; run {run.folder}")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.bar.stop()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        name = f"fold {event.task.fold}, seed {event.task.seed}"
        if event.stage == "finished":
            self.finished += 1
            self.epochs_over += event.total - event.done  # an early stop
            self.bar.update(self.whole, completed=self.finished)
        note = self._note(event)
        if err.is_terminal:
            bar = self.live.get(event.task)
            if bar is None:
                bar = self.live[event.task] = self.bar.add_task(name, total=event.total, note="")
            self.bar.update(bar, total=event.total, completed=event.done, note=note)
            if event.stage == "finished" and self.trainings > 1:
                self.bar.update(bar, visible=False)
        elif event.stage != "features" or event.done == event.total:
            say(f"{name}: {note}")

    def _note(self, event: Event) -> str:
        if event.stage == "features":
            return f"reading {event.done}/{event.total} utterances"
        if event.stage == "finished" or event.epoch is None:
            return f"finished after {event.done} epoch{'s' if event.done > 1 else ''}" if event.done else "finished"
        epoch = event.epoch
        self.epochs_seen += 1
        self.seconds += epoch.seconds
        stage = "" if epoch.stage == "whole" else f"{epoch.stage} alone, "
        text = f"{stage}epoch {epoch.epoch}/{event.total}, loss {epoch.train_loss:.3f}"
        if epoch.train_wa is not None:
            text += f", train {100 * epoch.train_wa:.1f} %"
        if epoch.validation_wa is not None:
            text += f", validation {100 * epoch.validation_wa:.1f} %"
        elif epoch.validation_loss is not None:
            text += f", validation loss {epoch.validation_loss:.3f}"
        left = self.trainings * self.epochs - self.epochs_seen - self.epochs_over
        seconds = left * self.seconds / self.epochs_seen / self.jobs
        return f"{text}, {_duration(seconds)} left"


def _duration(seconds: float) -> str:
    """Minutes and seconds, or hours and minutes.

    >>> _duration(75), _duration(7500)
    ('1:15', '2 h 05')
    """
    whole = max(0, round(seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600} h {whole % 3600 // 60:02d}"
