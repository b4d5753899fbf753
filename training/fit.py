"""The training loop all models share: averaged weights, resumable checkpoints, validation with early stopping."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.data import DataError
from training.feed import Batch, Feed, MakeBatch
from training.history import History
from training.progress import Meter, Say, device_line
from training.schedule import FitConfig, rate_at

__all__ = ["Batch", "FitConfig", "Loss", "MakeBatch", "Run", "Validation", "load_weights", "rate_at", "scaled"]

Loss = Callable[[Any, dict[str, Any]], dict[str, Any]]
#: Looks at the scaled pictures of a batch and adds what it sees to what is wanted.
Teacher = Callable[[Any], dict[str, Any]]
Measure = Callable[[Any, dict[str, Any]], dict[str, tuple[float, float]]]

#: Written by a finished run: the averaged weights, or the best ones where early stopping was asked for.
WEIGHTS = "averaged.weights.h5"
BEST = "best.weights.h5"
#: Passes that measure the batch-norm averages anew before a validation: fewer than at the end, as it comes often.
VALIDATION_REFRESH = 12


def scaled(pictures: Any) -> Any:
    """uint8 0..255 to float32 -1..1, as the models take it."""
    return tf.cast(pictures, tf.float32) / 127.5 - 1.0


@dataclass(frozen=True, slots=True)
class Validation:
    """Held-out batches, always the same, and what to count on them.

    measure: outputs and wanted values of one batch (numpy arrays) to name -> (sum, count); the run reports sum / count
    over all batches. An `accuracy` is what people look for.
    """

    batches: Sequence[Batch]
    measure: Measure


class Run:
    """One model being trained in one folder. Opening a folder that holds a checkpoint goes on from it."""

    def __init__(
        self, model: keras.Model, loss: Loss, make: MakeBatch, config: FitConfig, folder: Path,
        *, validation: Validation | None = None, teacher: Teacher | None = None,
        inputs: Callable[[Any], Any] = scaled,
    ) -> None:  # fmt: skip
        """inputs: what the model takes of a batch's first part. Raises DataError if `start` does not fit the model."""
        self.model, self.loss, self.make, self.config, self.folder = model, loss, make, config, folder
        self.validation, self.teacher, self.inputs = validation, teacher, inputs
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")
        if config.start:
            # A finished run goes on with a schedule of its own; a checkpoint in `folder` is further still.
            self.start_from(Path(config.start))
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
        self.history = History(folder, int(self.step.numpy()), tensorboard=config.tensorboard)
        self._seeds = [v for v in model.non_trainable_variables if v.path.endswith("seed_generator_state")]
        self._train = tf.function(self._train_step)

    def start_from(self, path: Path) -> None:
        """Take over the weights of a finished run. Raises DataError if they are not this model's."""
        load_weights(self.model, path)

    def _train_step(self, pictures: Any, wanted: dict[str, Any]) -> dict[str, Any]:
        seen = self.inputs(pictures)
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

    @property
    def best(self) -> tuple[int, float] | None:
        """Step and loss of the best validation so far."""
        return min(self.history.of("val", "loss"), key=lambda row: (row[1], row[0]), default=None)

    @property
    def exhausted(self) -> bool:
        """Whether `patience` validations in a row brought nothing."""
        seen = self.history.of("val", "loss")
        if not self.config.patience or self.best is None:
            return False
        return sum(step > self.best[0] for step, _ in seen) >= self.config.patience

    def fit(self, until: int | None = None, say: Say | None = None) -> None:
        """Train to `until` steps (default: all), saving as it goes.

        say: takes plain lines; None shows a bar where standard output is a terminal.
        """
        first, last = int(self.step.numpy()), min(until or self.config.steps, self.config.steps)
        feed = Feed(self.make, first, last)
        try:
            with Meter(first, self.config.steps, self.config.batch, say) as meter:
                meter.note(device_line())
                for step in range(first, last):
                    if self.exhausted:
                        break
                    self._one(feed, step, meter)
                if self.exhausted and self.best:
                    meter.note(
                        f"stopped early: the validation loss was best ({self.best[1]:.4f}) at step {self.best[0]}"
                    )
        finally:
            feed.close()
        if self.manager.latest_checkpoint is None or int(self.step.numpy()) % self.config.save_every:
            self.manager.save()

    def _one(self, feed: Feed, step: int, meter: Meter) -> None:
        pictures, wanted = feed.next()
        self.optimizer.learning_rate = rate_at(step, self.config)
        for state in self._seeds:
            # Keras counts the draws of dropout but no checkpoint keeps the count: a resumed run would draw others.
            state.assign([int(state.value[0]), step])
        parts = self._train(tf.constant(pictures), {k: tf.constant(v) for k, v in wanted.items()})
        done = step + 1
        if meter.update(done, {name: float(value) for name, value in parts.items()}):
            values = {"loss": sum(meter.sums.values()), "rate": rate_at(step, self.config)}
            self.history.add(done, "train", meter.sums | values)
        due = bool(self.config.val_every) and (done % self.config.val_every == 0 or done == self.config.steps)
        if self.validation and due:
            began = time.monotonic()
            values = self.validate()
            meter.note(f"step {done}: val " + ", ".join(f"{name} {value:.4f}" for name, value in values.items()))
            meter.pause(time.monotonic() - began)
        if done % self.config.save_every == 0:
            self.manager.save()

    def validate(self) -> dict[str, float]:
        """Loss and measures of the averaged weights on the validation batches, written into the history.

        A smaller loss than ever before is kept in `best.weights.h5` where early stopping was asked for. Training goes
        on afterwards as if it had not been interrupted: weights, batch-norm averages and random states come back.
        """
        if self.validation is None:
            raise ValueError("the run was opened without a validation")
        kept = [v.numpy() for v in self._variables()]
        best = self.best
        self._average(VALIDATION_REFRESH)
        values = self._judge(self.validation)
        if self.config.patience and (best is None or values["loss"] < best[1]):
            self.model.save_weights(self.folder / BEST)
        for variable, value in zip(self._variables(), kept, strict=True):
            variable.assign(value)
        self.history.add(int(self.step.numpy()), "val", values)
        return values

    def _variables(self) -> list[Any]:
        return [*self.model.trainable_variables, *self.model.non_trainable_variables]

    def _judge(self, validation: Validation) -> dict[str, float]:
        sums: dict[str, NDArray[np.float64]] = {}
        for pictures, wanted in validation.batches:
            seen_pictures = self.inputs(pictures)
            outputs = self.model(seen_pictures, training=False)
            taught = self.teacher(seen_pictures) if self.teacher else {}
            parts = self.loss(outputs, {k: tf.constant(v) for k, v in wanted.items()} | taught)
            count = len(pictures)
            seen = {name: (float(value) * count, count) for name, value in parts.items()}
            seen["loss"] = (sum(total for total, _ in seen.values()), count)
            for name, pair in (seen | validation.measure(tf.nest.map_structure(np.array, outputs), wanted)).items():
                sums[name] = sums.get(name, np.zeros(2)) + np.array(pair, np.float64)
        return {name: float(total / max(count, 1e-9)) for name, (total, count) in sums.items()}

    def _average(self, refresh: int) -> None:
        """Put the averaged weights into the model and measure its batch-norm averages anew.

        The running averages belong to the weights of the last steps; under averaged weights they are wrong and the
        model worthless. So the plain mean over `refresh` batches replaces them.
        """
        for mean, variable in zip(self.averaged, self.model.trainable_variables, strict=True):
            variable.assign(mean)
        norms = [x for x in self.model.layers if isinstance(x, keras.layers.BatchNormalization) and x.trainable]
        before = [layer.momentum for layer in norms]
        for index in range(refresh if norms else 0):
            for layer in norms:
                layer.momentum = index / (index + 1)
            pictures, _ = self.make(self.config.steps + index)
            self.model(self.inputs(pictures), training=True)
        for layer, momentum in zip(norms, before, strict=True):
            layer.momentum = momentum

    def finish(self, path: Path | None = None, refresh: int | None = None) -> Path:
        """Write `averaged.weights.h5` (or `path`) and `finished.json`, and leave the model with these weights.

        With early stopping these are the best weights that a validation saw, else the averaged ones.
        """
        step, best = int(self.step.numpy()), self.best
        if self.config.patience and best and best[0] < step and (self.folder / BEST).is_file():
            load_weights(self.model, self.folder / BEST)
            step = best[0]
        else:
            # A run of a few steps has no averages worth more passes.
            self._average(refresh or min(self.config.refresh, self.config.steps))
        if path is None:
            (self.folder / "finished.json").write_text(json.dumps({"step": step}) + "\n", encoding="utf-8")
        path = path or self.folder / WEIGHTS
        self.model.save_weights(path)
        return path


def load_weights(model: keras.Model, path: Path) -> None:
    """Read a `.weights.h5` into the model. Raises DataError if it is missing or another model's."""
    if not path.is_file():
        raise DataError(f"{path}: no such file of weights")
    try:
        model.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        raise DataError(f"{path}: not weights of this model ({str(error).splitlines()[0]})") from error
