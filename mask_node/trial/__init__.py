"""Trials of the whole way from picture to verdict, for those who build or install a board.

`clips` plays clips with a written truth, also `altered`; `bench` times each stage on `frames`; `idle` counts what an
empty door costs; `soak` runs for very long. `cli` holds their commands.
"""
