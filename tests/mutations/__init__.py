"""Damaged inputs of every kind, made by number, and the verdict on what serkit does with them.

`recordings`, `models`, `tables`, `recipes` and `runs` make mutation k of their kind, the same bytes each time; `processes` runs
a command line on it and `verdict` says whether what came out is an answer, an honest refusal, or a fault.
"""
