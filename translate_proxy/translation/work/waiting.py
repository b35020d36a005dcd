"""Sentences that wait for a worker, and which of them go next.

The next batch belongs to the most urgent sentence that waits, and among equals to the model that
has waited longest. It is filled for that model: urgent ones first, round-robin between lanes; where
more wait than fit, those as long as the first, since a batch costs its longest sentence. Whoever
uses it holds a lock.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from translate_proxy.interfaces import Priority
from translate_proxy.translation.engines.models import LoadedModel

CANDIDATES = 4
"""Batches' worth of waiting sentences among which those of like length are looked for."""
LEAST = 6
"""Sentences that one worker takes though others could share them: a batch of fewer costs much more
for each of them. Measured in docs/translation.md."""
BATCH_CHARS = 2400
"""Characters of one batch at most (one sentence always goes): what waits behind it waits long."""


@dataclass(slots=True, eq=False)
class Item:
    """One sentence and who waits for it."""

    model: LoadedModel
    text: str
    lane: str
    priority: Priority
    careful: bool
    future: asyncio.Future[str]
    job: int = 0
    """The number of the job it is of, 0 where nobody counts them."""


@dataclass(slots=True)
class _Queue:
    """What waits for one (model, careful): per priority, lanes in turn."""

    lanes: dict[Priority, OrderedDict[str, deque[Item]]] = field(default_factory=dict)
    count: int = 0

    def urgency(self) -> Priority:
        return min(priority for priority, lanes in self.lanes.items() if lanes)

    def add(self, item: Item) -> None:
        """One more, behind those of its lane."""
        lanes = self.lanes.get(item.priority)
        if lanes is None:
            lanes = self.lanes[item.priority] = OrderedDict()
        lane = lanes.get(item.lane)
        if lane is None:
            lanes[item.lane] = deque((item,))
        else:
            lane.append(item)
        self.count += 1

    def in_turn(self, priority: Priority) -> Iterator[Item]:
        """In fair order; nothing is taken out."""
        rounds = deque(iter(lane) for lane in self.lanes[priority].values())
        while rounds:
            lane = rounds.popleft()
            item = next(lane, None)
            if item is not None:
                yield item
                rounds.append(lane)

    def take(self, item: Item) -> bool:
        """Take one out, and its lane goes to the end of the turn; False when it is not there."""
        lanes = self.lanes.get(item.priority)
        lane = lanes.get(item.lane) if lanes else None
        if lanes is None or lane is None or item not in lane:
            return False
        lane.remove(item)
        self.count -= 1
        if lane:
            lanes.move_to_end(item.lane)
        else:
            del lanes[item.lane]
        return True

    def choose(self, size: int) -> list[Item]:
        """At most ``size`` that go together."""
        batch: list[Item] = []
        chars = 0
        for priority in sorted(self.lanes):
            room = size - len(batch)
            found = list(islice(self.in_turn(priority), room * CANDIDATES))
            if len(found) > room:
                length = len((batch or found)[0].text)
                found.sort(key=lambda item: abs(len(item.text) - length))
            for item in found[:room]:
                chars += len(item.text)
                if batch and chars > BATCH_CHARS:
                    return batch
                batch.append(item)
        return batch


class Waiting:
    """Everything that waits."""

    def __init__(self) -> None:
        self._queues: dict[tuple[str, bool], _Queue] = {}

    def __len__(self) -> int:
        return sum(queue.count for queue in self._queues.values())

    def __bool__(self) -> bool:
        return bool(self._queues)

    def add(self, item: Item) -> None:
        """One more, behind those of its lane."""
        key = (item.model.pair.key, item.careful)
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue()
        queue.add(item)

    def take(self, item: Item) -> bool:
        """Take one out; False when it does not wait any more."""
        key = (item.model.pair.key, item.careful)
        queue = self._queues.get(key)
        if queue is None or not queue.take(item):
            return False
        if not queue.count:
            del self._queues[key]
        return True

    def next_batch(self, most: int, free: int, workers: int) -> list[Item]:
        """Take out what goes next, at most ``most`` sentences.

        Workers that are free now share what waits. One that is free alone leaves the others their
        share too, if there is more than a little: they come for it soon, and in a batch of
        everything each sentence would wait for all the others.
        """
        key, queue = min(self._queues.items(), key=lambda entry: entry[1].urgency())
        share = max(LEAST, -(-queue.count // workers))
        batch = queue.choose(min(most, share, -(-queue.count // free)))
        del self._queues[key]
        if len(batch) < queue.count:
            for item in batch:
                queue.take(item)
            self._queues[key] = queue  # to the end: models take turns
        return batch

    def clear(self) -> list[Item]:
        """Take out everything."""
        items = [
            item
            for queue in self._queues.values()
            for priority in sorted(queue.lanes)
            for item in queue.in_turn(priority)
        ]
        self._queues.clear()
        return items
