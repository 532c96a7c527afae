"""Metrics for Prometheus: what this machine's processes did, and what the database says about the whole site.

Labels are names of routes, methods and states: never an address, never anything personal.
Several processes count into files in one folder (see multiprocess.py), and any of them reports the sum.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from time import perf_counter

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest, values
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from helpdesk.observability import DATABASE_METRICS, multiprocess
from helpdesk.types import GetResponse

log = logging.getLogger(__name__)

CONTENT_TYPE = CONTENT_TYPE_LATEST
LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
METHODS = {name: name for name in ("GET", "HEAD", "POST")}
# The routes that take answers.
ANSWER_ROUTES = ("step", "desk_step")

if multiprocess.FOLDER in os.environ:
    # One file per worker slot instead of per process: a worker's successor counts on in its file.
    values.ValueClass = values.MultiProcessValue(multiprocess.worker_slot().__str__)  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
# The only metric that is measured during a request: the number of requests of each kind follows from it.
LATENCY_NAME = "helpdesk_request_seconds"
LATENCY = Histogram(
    LATENCY_NAME,
    "Seconds until the answer began.",
    ["route", "method", "status"],
    buckets=LATENCY_BUCKETS,
    registry=REGISTRY,
)
_series_by_key: dict[tuple[str, str | None, int], Histogram] = {}


def latency_middleware(get_response: GetResponse) -> GetResponse:
    """Measure each request. Not used without METRICS_TOKEN, as nobody could read the metrics."""
    if not settings.METRICS_TOKEN:
        raise MiddlewareNotUsed

    def handle(request: HttpRequest) -> HttpResponse:
        started = perf_counter()
        response = get_response(request)
        seconds = perf_counter() - started
        match = request.resolver_match
        key = (match.view_name if match else _unrouted(request), request.method, response.status_code // 100)
        (_series_by_key.get(key) or _series(*key)).observe(seconds)
        return response

    return handle


def _unrouted(request: HttpRequest) -> str:
    """Return the label of a request that no route took."""
    path = request.path_info
    if path.startswith(settings.STATIC_URL):
        return "static"
    return path[1:] if path in {"/healthz", "/readyz", "/metrics"} else "none"


def _series(route: str, method: str | None, status: int) -> Histogram:
    """Return the series of a kind of request. Unknown methods share one, so that nobody can make series at will."""
    label = METHODS.get(method or "", "other")
    series = LATENCY.labels(route, label, f"{status}xx")
    if label != "other":
        _series_by_key[route, method, status] = series
    return series


def exposition() -> bytes:
    """Return all metrics in Prometheus's text format."""
    return b"".join(generate_latest(collector) for collector in (RequestCollector(), DatabaseCollector()))


class RequestCollector(Collector):
    """What all processes of this machine counted."""

    def collect(self) -> Iterator[Metric]:
        """Yield the latencies, and the number of acknowledged answers among the requests."""
        is_shared = multiprocess.FOLDER in os.environ
        source: Collector = MultiProcessCollector(None) if is_shared else REGISTRY  # type: ignore[no-untyped-call]
        latencies = list(source.collect())
        yield from latencies
        samples = [
            sample for metric in latencies for sample in metric.samples if sample.name == f"{LATENCY_NAME}_count"
        ]
        answers = sum(sample.value for sample in samples if is_answer(sample.labels))
        yield CounterMetricFamily("helpdesk_answers", "Answers that were acknowledged, repeated ones too.", answers)


def is_answer(labels: Mapping[str, str]) -> bool:
    """Return whether requests with these labels were acknowledged answers. Those with 400 or 422 record nothing."""
    return labels["route"] in ANSWER_ROUTES and labels["method"] == "POST" and labels["status"] in {"2xx", "3xx"}


class DatabaseCollector(Collector):
    """What the database says: the same on every machine, so show the maximum over machines, not the sum."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of every source; while the database is down, only that it is."""
        try:
            metrics = [metric for source in DATABASE_METRICS for metric in import_string(source)()]
        except Error as error:
            log.warning("The database does not answer: %s", type(error).__name__)
            metrics = None
        yield GaugeMetricFamily("helpdesk_database_up", "Whether the database answers.", float(metrics is not None))
        yield from metrics or ()
