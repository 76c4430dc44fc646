"""A Run told to people: one self-contained HTML page and figures for papers, from the Run folder alone."""

from serkit.report._page import write
from serkit.report._summary import Summary, summary

__all__ = ["Summary", "summary", "write"]
