"""Turn other people's labelled pictures into a set that the trainers read: `maskgate train prepare`.

Read in the order of the data:
`names` (what a class name means) and `records` (what passes from step to step);
`sources` with `coco`, `voc`, `yolo`, `folders` and `files` (a source becomes a list of pictures, none opened yet);
`without` (pictures set aside by name) and `against` (sets kept apart);
`examine` (open a picture once: whole? do its boxes fit?) with `fingerprint` (what it looks like, in 256 bits);
`duplicates` (which pictures show one photo) and `splits` (no group crosses);
`run` (the decisions, in order), `write`, `sheet`, `report`, `publish` (all or nothing), `cli`.

Beside it, for those who read what was prepared: `classes` (a split of class folders) and `corrections` (of labels).
Nothing here imports TensorFlow.
"""
