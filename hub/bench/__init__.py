"""How fast a hub is, beside what its broker and its store could do at most: `make bench-hub`.

`limits` measures broker and store alone, `crowd` plays the boards and watches what comes back, `run` puts a real hub
between them. The hub is a process of its own, the broker is mosquitto where it is installed.
"""
