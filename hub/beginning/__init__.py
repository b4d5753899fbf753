"""`maskgate hub init`: from nothing to a working door.

Reading order: `answers` (what is known at the end), `probe` (tries the broker), `checks` (each answer, tried as it is
given), `talk` (asks again until it is right), `interview` (the questions in their order), `written` (the files).
"""
