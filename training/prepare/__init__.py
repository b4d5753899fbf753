"""Turn other people's labelled pictures into a set that the trainers read: `maskgate train prepare`.

Read `names` (what a class name means), `classes` (how the classifiers read a prepared set).
"""
