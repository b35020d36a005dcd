"""The engine room in ``/metrics``: whether it is there, what it does, how often it was replaced."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from translate_proxy.engine_room.account import DONE
from translate_proxy.engine_room.process import ProcessRoom

_PREFIX = "translate_proxy_engine_room"
_GAUGES = {
    "sentences_waiting": "Sentences that wait for a model.",
    "translations_under_way": "Translations that models are asked for now.",
    "remembered": "Translations kept in memory.",
    "model_bytes": "Bytes of the loaded models, as their engines estimate them.",
}
_BY_STAGE = {  # by what the figure's name begins with
    "held ": ("held", "Stages of a text that held a thread for over a second."),
    "in ": (
        "stage_seconds",
        "Seconds that each stage of the work has taken, threads side by side.",
    ),
}
_COUNTERS = {
    "observed": "Texts whose language was looked at, since the process was started.",
    "translated": "Texts answered, since the process was started.",
}


class RoomMetrics(Collector):
    """Reads the room's own figures, which it says every second."""

    def __init__(self, room: ProcessRoom) -> None:
        self._room = room

    def collect(self) -> Iterator[Metric]:
        """See ``Collector``."""
        room = self._room
        yield GaugeMetricFamily(f"{_PREFIX}_up", "Whether jobs are taken.", value=room.usable)
        yield GaugeMetricFamily(
            f"{_PREFIX}_processes", "Processes that run now.", value=bool(room.pid)
        )
        done = GaugeMetricFamily(
            f"{_PREFIX}_a_second", "What was done a second, over the last minute.", labels=["what"]
        )
        for name in DONE:
            done.add_metric([name], room.account.a_second(name))
        yield done
        yield GaugeMetricFamily(f"{_PREFIX}_jobs", "Jobs that wait for it.", value=room.waiting)
        yield GaugeMetricFamily(
            f"{_PREFIX}_resident_bytes", "Memory of the process.", value=room.memory
        )
        replaced = CounterMetricFamily(
            f"{_PREFIX}_replaced", "Processes that were replaced, by reason.", labels=["reason"]
        )
        for reason in ("crashed", "killed", "silent", "stuck", "grown"):
            replaced.add_metric([reason], room.deaths[reason])
        yield replaced
        for begins, (named, what) in _BY_STAGE.items():
            staged = CounterMetricFamily(f"{_PREFIX}_{named}", what, labels=["stage"])
            for name, value in room.figures.items():
                if name.startswith(begins):
                    staged.add_metric([name.removeprefix(begins)], value)
            yield staged
        for name, what in _GAUGES.items():
            yield GaugeMetricFamily(f"{_PREFIX}_{name}", what, value=room.figures.get(name, 0.0))
        for name, what in _COUNTERS.items():
            yield CounterMetricFamily(f"{_PREFIX}_{name}", what, value=room.figures.get(name, 0.0))
