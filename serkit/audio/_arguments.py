"""Arguments that make no sense, told before a file is opened."""

import math
from numbers import Integral, Real

from serkit.errors import UnsupportedRate, UsageError
from serkit.types import MAX_RATE, MIN_RATE


def check_part(start: float, end: float | None) -> None:
    """Refuse bounds (seconds) that no part of a recording has. Raises UsageError."""
    _check_number("start", start)
    if end is not None:
        _check_number("end", end)
    if not 0 <= start < math.inf or (end is not None and not end > start):
        raise UsageError(f"a part from {start:g} s to {end} s makes no sense: start must be 0 or more, and end after it")


def check_limit(limit: float) -> None:
    """Refuse a limit (seconds) that is no number or below 0. Raises UsageError."""
    _check_number("limit", limit)
    if not limit >= 0:
        raise UsageError(f"a limit of {limit:g} s makes no sense: give 0 or more seconds")


def check_rate(name: str, rate: int, what: str = "the rate asked for") -> int:
    """The rate (Hz) as an int. Raises UsageError where it is no whole number, UnsupportedRate where it is out of range."""
    if isinstance(rate, bool) or not isinstance(rate, Integral | Real) or rate != rate // 1:
        raise UsageError(f"{what} is {_given(rate)}; give a whole number of Hz, such as 16000")
    if not MIN_RATE <= rate <= MAX_RATE:
        raise UnsupportedRate(name, f"{what} is {rate} Hz; it must be between {MIN_RATE} and {MAX_RATE} Hz")
    return int(rate)


def _check_number(what: str, value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise UsageError(f"{what} is {_given(value)}; give a number of seconds")


def _given(value: object) -> str:
    """A value and its type, on one line however long it is."""
    shown = repr(value)
    return f"{shown if len(shown) <= 40 else shown[:40] + '…'} ({type(value).__name__})"
