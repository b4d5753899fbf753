"""Verdicts without a broker: what `maskgate node watch` prints."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from mask_node.config import NodeConfig
from mask_node.looking import Looker
from mask_node.passage import Verdict
from mask_node.sources import Captured, Source
from mask_node.vision.types import Detector
from maskgate.clock import SystemClock, rfc3339

#: How long a live source may be silent before time passes without a picture, in seconds.
READ_S = 0.5


def watch(
    source: Source,
    detector: Detector,
    stop: threading.Event,
    *,
    config: NodeConfig | None = None,
    show: Callable[[Looker, Captured], bool] | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield one record per verdict, and the summary when the source has ended or `stop` is set.

    A file's frames are all taken in order; where nothing moves, most are not searched for faces. summary: frames, the
    seconds they took, passages spoken of, frames per second. config: how to see, default as a new `node.yaml` has it.
    show: is handed each picture and the looker that has looked at it; ends the watch by returning False.
    """
    looker = (
        Looker(detector, seeing=config.seeing, tracking=config.tracking, verdict=config.verdict)
        if config
        else Looker(detector)
    )
    clock = SystemClock()
    frames, spoken_of = 0, set[str]()
    began = time.perf_counter()
    while not stop.is_set():
        picture = source.read(READ_S)
        if picture is not None:
            frames += 1
            verdicts = looker.look(picture)
            if show is not None and not show(looker, picture):
                stop.set()
        elif source.ended:
            break
        else:
            verdicts = looker.pass_time(clock.now(), clock.monotonic())
        for verdict in verdicts:
            spoken_of.add(verdict.passage)
            yield verdict_record(verdict)
    for verdict in looker.finish():
        spoken_of.add(verdict.passage)
        yield verdict_record(verdict)
    seconds = time.perf_counter() - began
    yield {
        "summary": {
            "frames": frames,
            "seconds": round(seconds, 3),
            "passages": len(spoken_of),
            "fps": round(frames / seconds, 1) if seconds > 0 else 0.0,
        }
    }


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """One verdict as plain JSON values; frames are 0-based."""
    return {
        "passage": verdict.passage,
        "revision": verdict.revision,
        "state": verdict.state.value,
        "confidence": round(verdict.confidence, 4),
        "frames": verdict.frames,
        "first_frame": verdict.first_frame,
        "last_frame": verdict.last_frame,
        "seen_from": rfc3339(verdict.seen_from),
        "seen_to": rfc3339(verdict.seen_to),
        "faces_in_view": verdict.faces_in_view,
    }
