"""The hub's memory. Reading order: `schema` (the tables), `migrate` (brings a store to them), `open`, `write`, `read`.

Whoever writes does it inside `writing(db)`; whoever reads uses `db.connect()`.
"""

from hub.store.migrate import NewerStoreError
from hub.store.open import Database, open_store, shares, shown, together, writing

__all__ = ["Database", "NewerStoreError", "open_store", "shares", "shown", "together", "writing"]
