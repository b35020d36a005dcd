"""Frames over a socket, the same on both ends. What is sent in one round of the event loop leaves
in one write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import structlog

from translate_proxy.engine_room import frames

log = structlog.get_logger(__name__)


class Link(asyncio.Protocol):
    """``take`` is given the body of each frame that arrives; ``lost`` is called once, when the
    other end is gone or has said what is no frame."""

    def __init__(self, take: Callable[[bytes], None], lost: Callable[[], None]) -> None:
        self._take = take
        self._lost = lost
        self._cutter = frames.Cutter()
        self._transport: asyncio.WriteTransport | None = None
        self._unsent: list[bytes] = []
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is ours."""
        self._transport = cast(asyncio.WriteTransport, transport)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Some bytes."""
        try:
            for body in self._cutter.feed(data):
                self._take(body)
        except frames.FrameError as error:
            log.warning("engine_room.no_frame", detail=str(error))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """The other end is gone."""
        self._transport = None
        self._ended = True
        self._lost()

    def send(self, frame: frames.Frame) -> None:
        """Queue a frame; what is sent to nobody is dropped."""
        if self._ended:
            return
        if not self._unsent and self._transport is not None:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent.append(frames.written(frame))

    def _flush(self) -> None:
        unsent, self._unsent = self._unsent, []
        if unsent and self._transport is not None:
            self._transport.write(b"".join(unsent))

    def close(self) -> None:
        """Write what is queued, then close."""
        self._flush()
        if self._transport is not None:
            self._transport.close()
