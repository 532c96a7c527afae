"""Figures for Prometheus: what this machine's processes did, and what the database says about the whole site.

Labels are names of routes, methods and states: never an address, never anything of anybody's.
Several processes count into files of a folder (multiprocess.py makes it), and any of them tells the sum.
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
# Where an answer of somebody's comes in.
ANSWERS = ("step", "desk_step")

if multiprocess.FOLDER in os.environ:
    # One file for each place of a worker and not for each process: a worker's successor goes on in its file.
    values.ValueClass = values.MultiProcessValue(multiprocess.worker_slot().__str__)  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
# The one thing that is counted while somebody waits: how many requests there were of each kind follows from it.
NAME = "helpdesk_request_seconds"
LATENCY = Histogram(
    NAME,
    "Seconds until the answer began.",
    ["route", "method", "status"],
    buckets=LATENCY_BUCKETS,
    registry=REGISTRY,
)
_SERIES: dict[tuple[str, str | None, int], Histogram] = {}


def latency_middleware(get_response: GetResponse) -> GetResponse:
    """Measure each request, where somebody may read the figures; else this costs nothing."""
    if not settings.METRICS_TOKEN:
        raise MiddlewareNotUsed

    def handle(request: HttpRequest) -> HttpResponse:
        begun = perf_counter()
        response = get_response(request)
        seconds = perf_counter() - begun
        match = request.resolver_match
        key = (match.view_name if match else _unrouted(request), request.method, response.status_code // 100)
        (_SERIES.get(key) or _series(*key)).observe(seconds)
        return response

    return handle


def _unrouted(request: HttpRequest) -> str:
    """Return what stands for the route of a request that none took."""
    path = request.path_info
    if path.startswith(settings.STATIC_URL):
        return "static"
    return path[1:] if path in {"/healthz", "/readyz", "/metrics"} else "none"


def _series(route: str, method: str | None, status: int) -> Histogram:
    """Return where a kind of request is counted. Methods that nobody has heard of are one."""
    known = METHODS.get(method or "", "other")
    series = LATENCY.labels(route, known, f"{status}xx")
    if known != "other":
        _SERIES[route, method, status] = series
    return series


def exposition() -> bytes:
    """Return all figures in Prometheus's text form."""
    return b"".join(generate_latest(each) for each in (RequestCollector(), DatabaseCollector()))


class RequestCollector(Collector):
    """What all processes of this machine counted (one that is alone: what it counted itself)."""

    def collect(self) -> Iterator[Metric]:
        """Yield the requests, and how many of them were answers that were acknowledged."""
        shared = multiprocess.FOLDER in os.environ
        source: Collector = MultiProcessCollector(None) if shared else REGISTRY  # type: ignore[no-untyped-call]
        requests = list(source.collect())
        yield from requests
        samples = [sample for metric in requests for sample in metric.samples if sample.name == f"{NAME}_count"]
        answers = sum(sample.value for sample in samples if is_answer(sample.labels))
        yield CounterMetricFamily("helpdesk_answers", "Answers that were acknowledged, repeated ones too.", answers)


def is_answer(labels: Mapping[str, str]) -> bool:
    """Return whether requests of these labels were answers that were acknowledged: 422 and 400 log nothing."""
    return labels["route"] in ANSWERS and labels["method"] == "POST" and labels["status"] in {"2xx", "3xx"}


class DatabaseCollector(Collector):
    """What the database says: the same from every machine, so to be shown as the maximum over them, not as the sum."""

    def collect(self) -> Iterator[Metric]:
        """Yield the figures; of a database that does not answer, only that."""
        try:
            found = [metric for source in DATABASE_METRICS for metric in import_string(source)()]
        except Error as error:
            log.warning("The database does not answer: %s", type(error).__name__)
            yield GaugeMetricFamily("helpdesk_database_up", "Whether the database answers.", 0.0)
            return
        yield GaugeMetricFamily("helpdesk_database_up", "Whether the database answers.", 1.0)
        yield from found
