"""`/metrics`, for Prometheus. The names are documented in docs/metrics.md; a test holds the page against them."""

import time
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.roles import Role
from hub.store import read
from hub.watch.problem import Kind, Severity
from hub.web.context import PREFIX, Context
from hub.web.health import OK, checked
from hub.web.security.guard import Guard
from maskgate.messages import Availability, DoorState, LockState, Mode

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_COUNTERS = {
    "passages": "Verdicts taken in",
    "late": "Verdicts that were recorded too late to act on",
    "dropped": "Messages that found no room and were left to their senders",
    "refused": "Messages that were malformed, foreign, old or retained where they must not be",
    "store_retries": "Transactions that had to be tried again",
}


class Requests:
    """How long requests took."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each that says since when
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "maskgate_http_request_seconds", "Until an answer began", ("method", "route", "status"),
            registry=self.registry, buckets=BUCKETS,
        )  # fmt: skip


class Timing:
    """Measures every request, by its route and not by its address: there are few of those."""

    def __init__(self, app: ASGIApp, measured: Requests) -> None:
        self._app, self._measured = app, measured

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        began = time.perf_counter()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                labels = (_method(scope), _route(scope), str(message["status"]))
                self._measured.seconds.labels(*labels).observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, noted if scope["type"] == "http" else send)


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"


def _route(scope: Scope) -> str:
    """Return a route's template; that of a router inside another comes without the outer one's prefix."""
    route = getattr(scope.get("route"), "path", None)
    if not isinstance(route, str):
        return "other"
    inner = scope["path"].startswith(PREFIX) and not route.startswith(PREFIX)
    return PREFIX + route if inner else route


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class Site(Collector):
    """What is so at the moment of the question."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterator[Metric]:
        """Yield all of it."""
        context = self._context
        health = checked(context.health, context.config)
        parts = GaugeMetricFamily("maskgate_part_ok", "1 where a part of the hub works", labels=["part"])
        for part in ("broker", "store", "engine", "notices"):
            parts.add_metric([part], getattr(health, part) == OK)
        yield parts
        yield _gauge("maskgate_viewers", "Displays and consoles that follow", context.live.viewers())
        stats = context.stats()
        for name, words in _COUNTERS.items():
            if name in stats:
                counter = CounterMetricFamily(f"maskgate_{name}", f"{words}, since the start")
                counter.add_metric([], stats[name])
                yield counter
        yield self._problems()
        if health.store == OK:
            waiting = read.waiting(context.db)
            yield _gauge("maskgate_outbox_messages", "Messages that the broker has not taken yet", waiting.outbox)
            notices = GaugeMetricFamily("maskgate_notices", "Notices that wait or were given up", labels=["status"])
            notices.add_metric(["waiting"], waiting.notices)
            notices.add_metric(["failed"], waiting.notices_failed)
            yield notices
            yield from self._doors()
            yield from self._nodes()

    def _problems(self) -> Metric:
        found = Counter((one.finding.kind, one.finding.severity) for one in self._context.problems())
        problems = GaugeMetricFamily("maskgate_problems", "What an operator must notice", labels=["kind", "severity"])
        for kind in Kind:
            for severity in Severity:
                problems.add_metric([kind, severity], found[kind, severity])
        return problems

    def _doors(self) -> Iterator[Metric]:
        stored = read.door_documents(self._context.db)
        people = GaugeMetricFamily("maskgate_door_people_today", "People since midnight, site time", labels=["door"])
        wrong = GaugeMetricFamily("maskgate_door_violations_today", "Those without a proper mask", labels=["door"])
        problem = GaugeMetricFamily("maskgate_door_problem", "1 where a person must look", labels=["door"])
        emergency = GaugeMetricFamily("maskgate_door_emergency", "1 where the entry is released", labels=["door"])
        lock = GaugeMetricFamily("maskgate_door_lock", "1 for the lock's state", labels=["door", "state"])
        mode = GaugeMetricFamily("maskgate_door_mode", "1 for the door's mode", labels=["door", "mode"])
        for door in self._context.config.doors:
            if door.id not in stored:
                continue
            state: DoorState = stored[door.id][0]
            people.add_metric([door.id], state.counters.people)
            wrong.add_metric([door.id], state.counters.violations)
            problem.add_metric([door.id], state.problem is not None)
            emergency.add_metric([door.id], state.emergency)
            for one in LockState if door.lock else ():
                lock.add_metric([door.id, one.lower()], state.lock is one)
            for kind in Mode:
                mode.add_metric([door.id, kind], state.mode is kind)
        yield from (people, wrong, problem, emergency, lock, mode)

    def _nodes(self) -> Iterator[Metric]:
        heard, labels = read.node_rows(self._context.db), ["node", "door"]
        online = GaugeMetricFamily("maskgate_node_online", "1 where the node says that it is there", labels=labels)
        camera = GaugeMetricFamily("maskgate_node_camera_ok", "1 where its picture can be judged", labels=labels)
        fps = GaugeMetricFamily("maskgate_node_frames_per_second", "Frames it looks at", labels=labels)
        latency = GaugeMetricFamily(
            "maskgate_node_frame_seconds", "From a frame's capture to its faces", labels=[*labels, "quantile"]
        )
        warm = GaugeMetricFamily("maskgate_node_temperature_celsius", "As it measures", labels=labels)
        outbox = GaugeMetricFamily("maskgate_node_outbox_verdicts", "Verdicts not acknowledged yet", labels=labels)
        last = GaugeMetricFamily("maskgate_node_heard_timestamp_seconds", "When it was last heard", labels=labels)
        for door in self._context.config.doors:
            for node in door.nodes:
                row, names = heard.get(node), [node, door.id]
                online.add_metric(names, row is not None and row.availability is Availability.ONLINE)
                if row is None:
                    continue
                last.add_metric(names, row.heard_at.timestamp())
                if said := row.health:
                    camera.add_metric(names, said.camera == "ok")
                    fps.add_metric(names, said.fps)
                    outbox.add_metric(names, said.outbox)
                    if said.temperature_c is not None:
                        warm.add_metric(names, said.temperature_c)
                    if said.latency_ms:
                        latency.add_metric([*names, "0.5"], said.latency_ms.p50 / 1000)
                        latency.add_metric([*names, "0.95"], said.latency_ms.p95 / 1000)
        yield from (online, camera, fps, latency, warm, outbox, last)


def routes(context: Context, guard: Guard, measured: Requests) -> APIRouter:
    """Return the page."""
    router = APIRouter(include_in_schema=False)
    site = CollectorRegistry()
    site.register(Site(context))
    admit = guard.needs(Role.VIEWER)

    async def may_read(request: Request) -> None:
        rule = context.config.web.metrics
        if rule == "token" or (rule == "local" and not _is_local(request)):
            await admit(request)

    @router.get("/metrics")
    def metrics(_may: Annotated[None, Depends(may_read)]) -> Response:
        return Response(generate_latest(site) + generate_latest(measured.registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _is_local(request: Request) -> bool:
    """Whether a program of this machine asks for itself; a proxy here that is not trusted asks for others."""
    try:
        address = ip_address(request.client.host if request.client else "")
    except ValueError:
        return False
    return address.is_loopback and "x-forwarded-for" not in request.headers and "forwarded" not in request.headers


def _gauge(name: str, words: str, value: float) -> Metric:
    found = GaugeMetricFamily(name, words)
    found.add_metric([], value)
    return found
