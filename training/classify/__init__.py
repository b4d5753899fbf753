"""The classic classifiers: one whole face picture to one class, as the tutorials do it. The node does not run on them.

Read `pictures` (what a model sees), `models` (the two architectures), `run` (their training), `judge` and `report`
(how they and the node's own pair do on the same pictures).
"""
