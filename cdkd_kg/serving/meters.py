"""What a service counts, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cdkd_kg.serving.drift import Shift
from cdkd_kg.serving.models import Answer

SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
PATHS = ("/predict", "/feedback", "/health", "/metrics")
SIZES = (1, 2, 4, 8, 16, 32)


Drift = Callable[[], Mapping[str, tuple[int, Sequence[Shift]]]]
"""By domain how many documents are looked at, and how far they have moved."""


class Meters:
    """Counters of one service, each with a registry of its own, so that several may run in one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        own = self._registry
        ProcessCollector(registry=own)
        self.requests = Counter("cdkd_requests", "Requests by path and status.", ("path", "status"), registry=own)
        self.seconds = Histogram(
            "cdkd_request_seconds", "Time until a response.", ("path",), buckets=SECONDS, registry=own
        )
        self.batch = Histogram("cdkd_batch_texts", "Texts of a batch.", buckets=SIZES, registry=own)
        self.predictions = Counter("cdkd_predictions", "Labels that were given.", ("domain", "label"), registry=own)
        self.abstained = Counter("cdkd_abstentions", "Texts that were given no label.", ("domain",), registry=own)
        self.feedback = Counter("cdkd_feedback", "Judgements that were kept.", registry=own)

    def asked(self, path: str, status: int, seconds: float) -> None:
        """Count a request; paths that there are not count as one."""
        known = path if path in PATHS else "other"
        self.requests.labels(known, str(status)).inc()
        self.seconds.labels(known).observe(seconds)

    def answered(self, domain: str, answers: Iterable[Answer]) -> None:
        """Count what was said of texts of a domain."""
        for one in answers:
            for label in one.labels:
                self.predictions.labels(domain, label).inc()
            if one.abstained:
                self.abstained.labels(domain).inc()

    def watch(
        self, waiting: Callable[[], int], drift: Drift, replaced: Callable[[], bool], runs: Mapping[str, str]
    ) -> None:
        """Look at the queue, the drift and the bundle on the disk whenever somebody asks, and say what ``runs``."""
        self._registry.register(_Looked(waiting, drift, replaced, runs))

    def text(self) -> bytes:
        """Return everything in Prometheus' text format."""
        return generate_latest(self._registry)


class _Looked(Collector):
    def __init__(
        self, waiting: Callable[[], int], drift: Drift, replaced: Callable[[], bool], runs: Mapping[str, str]
    ) -> None:
        self._waiting, self._drift, self._replaced, self._runs = waiting, drift, replaced, runs

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield what is so at this moment."""
        runs = GaugeMetricFamily("cdkd_info", "What runs; always 1.", labels=list(self._runs))
        runs.add_metric(list(self._runs.values()), 1)
        yield runs
        yield GaugeMetricFamily("cdkd_waiting_texts", "Texts that wait for a batch.", value=self._waiting())
        yield GaugeMetricFamily(
            "cdkd_bundle_replaced", "1 where another bundle lies in its place.", value=float(self._replaced())
        )
        index = GaugeMetricFamily(
            "cdkd_drift_index", "Population stability index of the newest documents.", labels=("domain", "feature")
        )
        drifted = GaugeMetricFamily(
            "cdkd_drifted", "1 where the index is over 0.2 and over chance.", labels=("domain", "feature")
        )
        watched = GaugeMetricFamily(
            "cdkd_drift_documents", "Newest documents that the index is of.", labels=("domain",)
        )
        for domain, (documents, found) in self._drift().items():
            watched.add_metric([domain], documents)
            for one in found:
                index.add_metric([domain, one.feature], one.psi)
                drifted.add_metric([domain, one.feature], float(one.drifted))
        yield watched
        yield index
        yield drifted
