"""`maskgate demo`: the whole line on one machine.

Reading order: `broker`, `mail`, `lock` (what a site has around us), `clip` (who comes to the door), `line` (all of it,
started in order), `story` (what happens, in words), `cli`.
"""
