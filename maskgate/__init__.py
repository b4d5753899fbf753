"""maskgate: a mask rule kept at a building's doors. This package holds what node and hub share.

Reading order: `states`, `ids` and `clock` (words, names, time); `messages` (every payload); `topics` (every topic,
once) with `topic_docs` (what is printed of them); `config` with `explain` and `first_file` (files that people write);
`mqtt` with `backoff` (the line to the broker). `cli` is the `maskgate` command, `demo` the whole line on one machine.
"""
