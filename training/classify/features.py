"""Features of a frozen backbone, computed once and kept: what makes a new head a matter of seconds."""

import hashlib
import json
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from training.classify.pictures import Deck
from training.feed import Batch, MakeBatch, one_hot
from training.progress import tell

#: Pictures a pass.
AT_ONCE = 64


class Features:
    """A frozen backbone and how many altered copies of each picture it looks at; the first copy is as it is."""

    def __init__(self, backbone: keras.Model, copies: int, seed: int) -> None:
        self._backbone, self._copies, self._seed = backbone, copies, seed

    def of(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N, F) of (N, S, S, 3) pictures, 0..255."""
        return np.asarray(self._backbone.predict_on_batch(pictures.astype(np.float32) / 127.5 - 1.0), np.float32)

    def batch(self, batch: Batch) -> Batch:
        """The same batch with features for pictures."""
        pictures, wanted = batch
        return self.of(pictures), wanted

    def batches(self, deck: Deck, size: int, path: Path) -> MakeBatch:
        """Batch number `step`: (B, F) features and `label`, classes equally likely, drawn from (seed, step).

        path: where the features are kept; a file made from other pictures, weights or alterations is made anew.
        """
        kept = self._kept(deck, path)

        def make(step: int) -> Batch:
            rng = np.random.default_rng([self._seed, step])
            chosen = deck.draw(rng, size)
            copies = rng.integers(self._copies, size=size)
            return kept[copies, chosen], {"label": one_hot(deck.labels[chosen], len(deck.names))}

        return make

    def _kept(self, deck: Deck, path: Path) -> NDArray[np.float32]:
        key = self._key(deck)
        if path.is_file():
            with np.load(path) as file:
                if str(file["key"]) == key:
                    return np.asarray(file["features"], np.float32)
        tell(f"features of {len(deck)} pictures, {self._copies} copies each: once, then kept in {path}")
        out = np.stack([self._copy(deck, copy) for copy in range(self._copies)])
        np.savez(path, features=out, key=key)
        return out

    def _copy(self, deck: Deck, copy: int) -> NDArray[np.float32]:
        parts = []
        for start in range(0, len(deck), AT_ONCE):
            part = range(start, min(start + AT_ONCE, len(deck)))
            views = [deck.view(i, np.random.default_rng([self._seed, copy, i]) if copy else None) for i in part]
            parts.append(self.of(np.stack(views)))
        return np.concatenate(parts)

    def _key(self, deck: Deck) -> str:
        weights = hashlib.sha256()
        for value in self._backbone.get_weights():
            weights.update(np.ascontiguousarray(value).tobytes())
        shown = hashlib.sha256(b"".join(deck.view(i, None).tobytes() for i in range(len(deck)))).hexdigest()
        facts = {"copies": self._copies, "seed": self._seed, "augment": deck.augment, "pictures": shown}
        return json.dumps(facts | {"weights": weights.hexdigest()}, sort_keys=True)
