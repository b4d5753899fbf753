"""Draw what labelled pictures lack: masks worn rightly and wrongly, hands, scarves, cups, glasses, beards.

Read `synthesise` first (the one call), then `frame` (a face's own coordinates), `paint` (light, sharpness, grain),
`draw_mask` and `cloth`, and what else there is: `straps`, `others`, `hands`, `things`, `glasses`, `beard`. The points
that all follow are those of `points`; `find` finds them, `landmarks` keeps them in a file.
"""
