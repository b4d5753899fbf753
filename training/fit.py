"""The training loop both stages share: seeded batches, warm-up and cosine, averaged weights, resumable checkpoints."""

import json
import math
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Batch = tuple[NDArray[np.uint8], dict[str, NDArray[Any]]]
#: Makes batch number `step`; the same step gives the same batch, so that a resumed run goes on as if never stopped.
MakeBatch = Callable[[int], Batch]
Loss = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
#: Looks at the scaled pictures of a batch and adds what it sees to what is wanted.
Teacher = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class FitConfig:
    """One run. rate: peak learning rate. average: decay per step of the averaged weights.

    start: file of weights to go on from with this schedule, or empty.
    """

    steps: int
    batch: int
    rate: float
    seed: int = 1
    warm_up: int = 60
    weight_decay: float = 1e-4
    average: float = 0.99
    save_every: int = 50
    refresh: int = 50
    start: str = ""


def rate_at(step: int, config: FitConfig) -> float:
    """Learning rate of a step: linear warm-up, then half a cosine down to a hundredth of the peak."""
    share = min(1.0, max(0.0, (step - config.warm_up) / max(1, config.steps - config.warm_up)))
    cosine = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share))
    return config.rate * min((step + 1) / max(1, config.warm_up), 1.0) * cosine


class Feed:
    """Batches made ahead of their use in one thread (OpenCV and numpy let go of the interpreter lock)."""

    def __init__(self, make: MakeBatch, first: int, last: int) -> None:
        self._make, self._range = make, range(first, last)
        self._queue: queue.Queue[Batch | Exception] = queue.Queue(maxsize=4)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="feed", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        for step in self._range:
            try:
                item: Batch | Exception = self._make(step)
            except Exception as error:  # noqa: BLE001 - handed to the loop, which raises it
                item = error
            while not self._stop.is_set():
                try:
                    self._queue.put(item, timeout=0.5)
                    break
                except queue.Full:
                    continue
            if self._stop.is_set() or isinstance(item, Exception):
                return

    def next(self) -> Batch:
        """The next batch; raises what its making raised."""
        item = self._queue.get()
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        """Stop the thread."""
        self._stop.set()
        self._thread.join(timeout=10)


def scaled(pictures: Any) -> Any:
    """uint8 0..255 to float32 -1..1, as the models take it."""
    return tf.cast(pictures, tf.float32) / 127.5 - 1.0


class Run:
    """One model being trained in one folder. Opening a folder that holds a checkpoint goes on from it."""

    def __init__(
        self, model: keras.Model, loss: Loss, make: MakeBatch, config: FitConfig, folder: Path,
        *, teacher: Teacher | None = None,
    ) -> None:  # fmt: skip
        self.model, self.loss, self.make, self.config, self.folder = model, loss, make, config, folder
        self.teacher = teacher
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")
        if config.start:
            # A finished run goes on with a schedule of its own; a checkpoint in `folder` is further still.
            model.load_weights(config.start)
        self.optimizer = keras.optimizers.AdamW(config.rate, weight_decay=config.weight_decay, clipnorm=10.0)
        self.optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
        self.optimizer.build(model.trainable_variables)
        self.averaged = [tf.Variable(v.value, trainable=False) for v in model.trainable_variables]
        self.step = tf.Variable(0, dtype=tf.int64, trainable=False)
        saved = {f"average_{i}": v for i, v in enumerate(self.averaged)}
        self.checkpoint = tf.train.Checkpoint(
            model=model, optimizer=self.optimizer, step=self.step, averages=tf.train.Checkpoint(**saved)
        )
        self.manager = tf.train.CheckpointManager(self.checkpoint, str(folder / "checkpoints"), max_to_keep=2)
        if self.manager.latest_checkpoint:
            self.checkpoint.restore(self.manager.latest_checkpoint)
        self._train = tf.function(self._train_step)

    def _train_step(self, pictures: Any, wanted: dict[str, Any]) -> dict[str, Any]:
        seen = scaled(pictures)
        if self.teacher is not None:
            wanted = wanted | self.teacher(seen)
        with tf.GradientTape() as tape:
            parts = self.loss(self.model(seen, training=True), wanted)
            total = tf.add_n(list(parts.values()))
        variables = self.model.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(total, variables), variables, strict=True))
        # A young average forgets faster, else it would remember the random start.
        step = tf.cast(self.step, tf.float32)
        decay = tf.minimum(self.config.average, (1 + step) / (10 + step))
        for mean, variable in zip(self.averaged, variables, strict=True):
            mean.assign_sub((1 - decay) * (mean - variable.value))
        self.step.assign_add(1)
        return parts

    def fit(self, until: int | None = None, say: Callable[[str], None] = print) -> None:
        """Train to `until` steps (default: all), saving as it goes, then write the averaged model."""
        first, last = int(self.step.numpy()), min(until or self.config.steps, self.config.steps)
        feed = Feed(self.make, first, last)
        started, sums = time.monotonic(), dict[str, float]()
        try:
            for step in range(first, last):
                pictures, wanted = feed.next()
                self.optimizer.learning_rate = rate_at(step, self.config)
                parts = self._train(tf.constant(pictures), {k: tf.constant(v) for k, v in wanted.items()})
                for name, value in parts.items():
                    sums[name] = sums.get(name, 0.0) * 0.95 + float(value) * 0.05
                if (step + 1) % 25 == 0:
                    speed = (step + 1 - first) * self.config.batch / (time.monotonic() - started)
                    text = ", ".join(f"{name} {value:.3f}" for name, value in sums.items())
                    say(f"step {step + 1}/{self.config.steps}: {text}; {speed:.1f} pictures/s")
                if (step + 1) % self.config.save_every == 0:
                    self.manager.save()
        finally:
            feed.close()
        self.manager.save()

    def finish(self, path: Path | None = None, refresh: int | None = None) -> Path:
        """Write `averaged.weights.h5` (or `path`): the averaged weights, batch-norm averages measured anew.

        The running averages belong to the weights of the last steps; under averaged weights they are wrong and the
        model worthless. So the plain mean over `refresh` batches replaces them. Changes the model in memory.
        """
        for mean, variable in zip(self.averaged, self.model.trainable_variables, strict=True):
            variable.assign(mean)
        norms = [x for x in self.model.layers if isinstance(x, keras.layers.BatchNormalization) and x.trainable]
        before = [layer.momentum for layer in norms]
        for index in range(refresh or self.config.refresh):
            for layer in norms:
                layer.momentum = index / (index + 1)
            pictures, _ = self.make(self.config.steps + index)
            self.model(scaled(pictures), training=True)
        for layer, momentum in zip(norms, before, strict=True):
            layer.momentum = momentum
        path = path or self.folder / "averaged.weights.h5"
        self.model.save_weights(path)
        return path
