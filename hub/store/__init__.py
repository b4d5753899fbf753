"""The hub's memory. `schema` holds the tables, `open` the engine, `write` and `read` what is done with them.

Whoever writes does it inside `writing(db)`; whoever reads uses `db.connect()`.
"""

from hub.store.open import open_store, writing

__all__ = ["open_store", "writing"]
