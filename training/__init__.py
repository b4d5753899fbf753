"""Data -> model -> evaluation -> TFLite -> model card: `maskgate train`. Not needed to run a node.

Read in the order of the data:

1. `prepare` makes a set of other people's pictures; `data` and `sets` read it.
2. `draw` adds what pictures lack, `augment` what cameras do; `compose` (detector) and `crops` (second stage) make
   training pictures of it, `feed` batches.
3. `norm`, `backbone`, `detector`, `second_stage` are the models; `imitate` gives the backbone its start.
4. `settings` and `schedule` say how, `stage_one` and `stage_two` with what; `fit` trains, with `validation`, `history`
   and `progress`; `average` takes the mean of runs.
5. `export` makes TFLite models and cards, `evaluation` judges them. `classify` are the tutorials' classifiers.

`cli`, `fit_cli` and `options` are the commands.
"""
