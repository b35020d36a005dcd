"""What is done to the product: each scenario breaks something while people talk, and then every
promise must hold."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.faults.cables import BadNetwork
from tests.faults.world import SETTLE_S, Figures, World, database
from tests.servers import PostgresServer

DISK_MB = 96

Scenario = Callable[[Path, int, int], Coroutine[Any, Any, Figures]]
"""``(folder, seed, cycles) -> figures``; AssertionError when a promise was broken."""


@asynccontextmanager
async def _talking(
    folder: Path, backend: str, seed: int
) -> AsyncIterator[tuple[World, PostgresServer | None]]:
    """People who talk; in the end they stop, and every promise is checked."""
    with database(backend, folder) as (url, server):
        async with World(folder, url, seed).open() as world:
            world.talk()
            yield world, server
            await asyncio.sleep(0.5)
            await world.settle()


async def _killed(folder: Path, backend: str, seed: int, cycles: int) -> Figures:
    """SIGKILL at a random moment, between and during messages."""
    async with _talking(folder, backend, seed) as (world, _):
        for _ in range(cycles):
            await asyncio.sleep(world.rng.uniform(0.05, 1.2))
            world.product.kill()
            await world.restart()
    return world.figures


async def killed_sqlite(folder: Path, seed: int, cycles: int) -> Figures:
    """SIGKILL, SQLite."""
    return await _killed(folder, "sqlite", seed, cycles)


async def killed_postgresql(folder: Path, seed: int, cycles: int) -> Figures:
    """SIGKILL, PostgreSQL."""
    return await _killed(folder, "postgresql", seed, cycles)


async def _terminated(folder: Path, backend: str, seed: int, cycles: int) -> Figures:
    """SIGTERM: exit status 0, everything accepted is kept. How long the longest stop took is a
    figure: a full run judges it, the tests do not."""
    async with _talking(folder, backend, seed) as (world, _):
        for _ in range(cycles):
            await asyncio.sleep(world.rng.uniform(0.2, 1.5))
            began = time.monotonic()
            status = await asyncio.to_thread(world.product.stop)
            took = time.monotonic() - began
            assert status == 0, f"seed {seed}: SIGTERM ended with status {status}"
            world.figures.longest_stop = max(world.figures.longest_stop, round(took, 2))
            await world.restart()
    return world.figures


async def terminated_sqlite(folder: Path, seed: int, cycles: int) -> Figures:
    """SIGTERM, SQLite."""
    return await _terminated(folder, "sqlite", seed, cycles)


async def terminated_postgresql(folder: Path, seed: int, cycles: int) -> Figures:
    """SIGTERM, PostgreSQL."""
    return await _terminated(folder, "postgresql", seed, cycles)


@contextmanager
def _small_disk(folder: Path) -> Iterator[bool]:
    """A file system of ``DISK_MB`` at ``folder``; False where mounting is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        block = b"x" * 65536
        while block:
            try:
                file.write(block)
            except OSError:  # full: the last bytes one by one
                block = block[: len(block) // 2]
    return filler


async def full_disk(folder: Path, seed: int, cycles: int) -> Figures:
    """The disk is full for a while. Where nothing can be mounted, files may not grow instead."""
    with _small_disk(folder / "data") as mounted:
        async with _talking(folder, "sqlite", seed) as (world, _):
            for _ in range(cycles):
                await asyncio.sleep(world.rng.uniform(0.5, 1.5))
                full_s = world.rng.uniform(0.5, 4)
                if mounted:
                    filler = await asyncio.to_thread(_fill, folder / "data")
                    await asyncio.sleep(full_s)
                    filler.unlink()
                else:
                    await _files_may_not_grow(world, full_s)
                world.figures.cycles += 1
    return world.figures


async def _files_may_not_grow(world: World, seconds: float) -> None:
    assert world.product.process is not None
    pid = world.product.process.pid
    files = world.product.data_dir.glob("translate_proxy.sqlite3*")
    size = max(file.stat().st_size for file in files)
    for limit in (f"{size}:unlimited", "unlimited:unlimited"):
        limiting = await asyncio.create_subprocess_exec(
            "prlimit", "--pid", str(pid), f"--fsize={limit}"
        )
        assert await limiting.wait() == 0
        await asyncio.sleep(seconds)
        seconds = 0


async def locked_database(folder: Path, seed: int, cycles: int) -> Figures:
    """Another process holds the database's write lock, for less and for more than the server
    waits for it."""
    async with _talking(folder, "sqlite", seed) as (world, _):
        for _ in range(cycles):
            await asyncio.sleep(world.rng.uniform(0.5, 1.5))
            other = sqlite3.connect(world.url.database or "", timeout=30, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(world.rng.uniform(0.2, 8))
            other.execute("ROLLBACK")
            other.close()
            world.figures.cycles += 1
    return world.figures


async def restarted_postgresql(folder: Path, seed: int, cycles: int) -> Figures:
    """PostgreSQL is restarted, properly and as after a crash."""
    async with _talking(folder, "postgresql", seed) as (world, server):
        assert server is not None
        for _ in range(cycles):
            await asyncio.sleep(world.rng.uniform(0.3, 1.5))
            how = world.rng.choice([signal.SIGINT, signal.SIGQUIT])
            await asyncio.to_thread(server.restart, how)
            world.figures.cycles += 1
    return world.figures


def _family(pid: int) -> list[int]:
    """A process and its children."""
    listed = subprocess.run(
        ["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return [pid, *(int(child) for child in listed.split())]


async def stopped_postgresql(folder: Path, seed: int, cycles: int) -> Figures:
    """PostgreSQL does not answer for a while (SIGSTOP), and then goes on."""
    async with _talking(folder, "postgresql", seed) as (world, server):
        assert server is not None
        assert server.process is not None
        for _ in range(cycles):
            await asyncio.sleep(world.rng.uniform(0.3, 1.5))
            family = _family(server.process.pid)
            for pid in family:
                os.kill(pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(world.rng.uniform(0.5, 14))
            finally:
                for pid in reversed(family):
                    os.kill(pid, signal.SIGCONT)
            world.figures.cycles += 1
    return world.figures


async def bad_network(folder: Path, seed: int, cycles: int) -> Figures:
    """Connections are cut at random points, delayed, chopped and silent. A cycle is a second."""
    with database("sqlite", folder) as (url, _):
        world = World(folder, url, seed)
        rng = random.Random(seed + 1)
        async with BadNetwork(world.port, rng, life_bytes=20_000, delay_s=0.05) as network:
            world.clients_url = f"http://127.0.0.1:{network.port}"
            async with world.open():
                world.talk()
                for _ in range(cycles):
                    await asyncio.sleep(1)
                    world.figures.cycles += 1
                await world.hush()
                network.become_calm()
                for client in world.clients:
                    await client.drop()
                await world.settle()
            world.figures.cuts = network.cuts
    return world.figures


async def broken_engine(folder: Path, seed: int, cycles: int) -> Figures:
    """The engine process is killed, crashed and stopped at random moments, most of them while it is
    at work, the others while it starts: no socket notices, and every message has its final
    translation."""
    async with _talking(folder, "sqlite", seed) as (world, _):
        connections = [client.connections for client in world.clients]
        for _ in range(cycles):
            if world.rng.random() < 0.75:
                await _at_work(world)
            await asyncio.sleep(world.rng.uniform(0.05, 1.5))
            how = world.rng.choice([signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP])
            if (pid := world.product.engine()) is not None:
                os.kill(pid, how)
            async with asyncio.timeout(SETTLE_S):
                while world.product.engine() in {None, pid}:
                    await asyncio.sleep(0.02)
            world.figures.cycles += 1
        assert connections == [client.connections for client in world.clients]
    for _ in range(50):
        if world.product.engine() is None:
            break
        await asyncio.sleep(0.1)
    assert world.product.engine() is None, "an engine process outlived its server"
    return world.figures


async def _at_work(world: World) -> None:
    """The engine process takes jobs."""
    async with asyncio.timeout(SETTLE_S), httpx.AsyncClient() as client:
        up = False
        while not up:
            metrics = await client.get(f"{world.product.url}/metrics", timeout=SETTLE_S)
            up = "translate_proxy_engine_room_up 1.0" in metrics.text
            await asyncio.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Listed:
    """A scenario and how many cycles of it a full run makes."""

    run: Scenario
    cycles: int


SCENARIOS = {
    "killed_sqlite": Listed(killed_sqlite, 200),
    "killed_postgresql": Listed(killed_postgresql, 200),
    "terminated_sqlite": Listed(terminated_sqlite, 20),
    "terminated_postgresql": Listed(terminated_postgresql, 20),
    "full_disk": Listed(full_disk, 20),
    "locked_database": Listed(locked_database, 20),
    "restarted_postgresql": Listed(restarted_postgresql, 20),
    "stopped_postgresql": Listed(stopped_postgresql, 12),
    "bad_network": Listed(bad_network, 120),
    "broken_engine": Listed(broken_engine, 100),
}
