"""From a run's weights to TFLite models with their cards.

Read `stage` (the order of it all), `convert` (Keras to TFLite), `agreement` (what a format changes), `operators` (what
an Edge TPU runs), `card` and `markdown` (what is written beside a model).
"""
