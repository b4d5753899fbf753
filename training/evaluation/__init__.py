"""How good the eyes are: predictions beside labels, figures with intervals, a report, and the time that a look takes.

In the order of the data:

1. `look` runs a detector over labelled pictures (or reads what one printed); `peers` are other people's models.
2. `matching` says which find is which face; `faces` keeps one row per labelled face.
3. `precision` and `figures` make numbers of that, for any weighting of the pictures; `intervals` draws the weightings.
4. `slices` says which faces are dark, small, hazy and so on; `agreement` sets int8 beside float; `curves` draws points.
5. `evaluate` puts it together; `record` prints it and writes cards, `check` holds models to them, `report` shows it.
6. `score` is the short form of all this, `calibrate` fits one temperature, `benchmark` measures time.

Nothing here imports TensorFlow: a trained model is judged by what the node runs.
"""
