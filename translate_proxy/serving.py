"""Running the app: the listening socket, the lock on the data folder, signals, the order of a stop.

uvicorn closes every WebSocket before it would tell the app of a shutdown, and waits without end
unless told otherwise; so draining hooks in before that, and the times are set.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import os
import resource
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import IO

import structlog
import uvicorn

from translate_proxy.app import App
from translate_proxy.connections import Config

BACKLOG = 2048
"""Connections that the kernel keeps until they are accepted."""

log = structlog.get_logger(__name__)


class ServeError(Exception):
    """The server cannot run; the message is one line for the person who started it."""


def lock_data_dir(data_dir: Path) -> IO[str]:
    """Hold the data folder for this process, until the returned file is closed. ServeError when
    another process holds it or the folder cannot be written."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        handle = (data_dir / "lock").open("a+", encoding="utf-8")
    except OSError as error:
        raise ServeError(f"{data_dir}: {error.strerror or error}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        owner = handle.read().strip()
        handle.close()
        raise ServeError(
            f"the data folder {data_dir} is in use by another translate-proxy"
            + (f" (process {owner})" if owner else "")
            + ": if it is still starting, try again in a moment; else stop it, or choose "
            "another folder with --data-dir"
        ) from None
    handle.seek(0)
    handle.truncate()
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def is_locked(data_dir: Path) -> bool:
    """Whether a process holds the data folder now. Makes nothing."""
    try:
        handle = (data_dir / "lock").open("rb")
    except OSError:
        return False
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. ServeError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named: with it on, whatever
    # follows an ack waits until the client's kernel confirms that, 40 ms on an idle connection.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        why = error.strerror or str(error)
        raise ServeError(
            f"cannot listen on {host} port {port}: {why}: "
            "stop the other program, or choose another port with --port"
        ) from error
    listener.set_inheritable(False)
    return listener


def raise_file_limit() -> None:
    """As many open files as this process may have: the usual soft limit is 1,024, and every
    socket is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def spare_the_collector() -> None:
    """What is loaded at the start stays: the garbage collector need not walk through it again and
    again, which stopped everybody for tens of milliseconds each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


async def _nothing() -> None:
    return None


class Server(uvicorn.Server):
    """uvicorn with our order: listen, start, serve; drain, close sockets, close the app."""

    def __init__(
        self,
        config: Config,
        app: App,
        ready: Callable[[], Awaitable[None]],
        prepare: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        """``prepare``: what else must be there before anybody is let in, or told that they may
        come; the store is open then. ``ready``: everybody may come."""
        super().__init__(config)
        self._app = app
        self._connections = config.connections
        self._ready = ready
        self._prepare = prepare

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen first, so that health checks are answered while models load."""
        raise_file_limit()
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(BACKLOG)  # uvicorn's number is also how many are accepted at once
        self._connections.start(asyncio.get_running_loop())
        await self._app.start()
        await self._prepare()
        spare_the_collector()
        await self._app.open()
        await self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish accepted work while everybody is still connected, then close."""
        log.info("server.stopping", sockets=self._app.sockets.open)
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(self._app.settings.server.shutdown_seconds * 0.7):
                await self._app.drain()
        await self._app.close()
        await super().shutdown(sockets)
        self._connections.stop()
        log.info("server.stopped")

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM stop the server and its exit status is 0; a second one is at once."""
        earlier = {
            number: signal.signal(number, self.handle_exit)
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in earlier.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A second signal ends the process: what is committed is safe, the rest is re-sent."""
        if self.should_exit:
            os._exit(1)
        super().handle_exit(sig, frame)


def uvicorn_config(app: App) -> Config:
    """How uvicorn runs the app."""
    return Config(app.asgi, app.settings)
