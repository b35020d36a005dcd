"""Real PostgreSQL and Redis servers for a test session: started here, ended here."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg

START_SECONDS = 200.0
HOW_TO_INSTALL = "run scripts/system-packages (make test does)"


class ServerError(Exception):
    """A server that the tests need is not installed or did not start."""


_given: set[int] = set()


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on at the moment; another one each time."""
    while True:
        with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def postgres_bin() -> Path:
    """The folder of PostgreSQL's server programs, newest version first. ServerError without."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise ServerError(f"PostgreSQL is not installed: {HOW_TO_INSTALL}")
    return Path(on_path).resolve().parent


def unprivileged() -> list[str]:
    """How to start a server that refuses to run as root, and that must not outlive the tests."""
    command = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        command += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
    return [*command, "--"]


def _stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGCONT)  # a test may have left it stopped
        process.send_signal(how)
    try:
        process.wait(START_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class PostgresServer:
    """A PostgreSQL server on a free loopback port and a Unix socket in its own temporary folder.

    Trusts every local connection; the superuser is ``postgres``. ``process`` is there for tests
    that stop, continue or restart the server.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._bin = postgres_bin()
        self._env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        self._run(
            "initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"
        )

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self.folder / "data"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*unprivileged(), str(self._bin / program), *arguments],
            env=self._env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ServerError(f"{program}: {done.stderr.strip() or done.stdout.strip()}")

    def start(self) -> None:
        """Start the server and wait until it answers. ServerError with its log if it does not."""
        log = self.folder / "log"
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",  # nothing here outlives the machine; a killed process loses nothing
            "full_page_writes": "off",
            "max_connections": "200",
            "timezone": "UTC",
        }
        settings = [f"--{name}={value}" for name, value in options.items()]
        command = [str(self._bin / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [*unprivileged(), *command, *settings],
                env=self._env,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > until:
                    text = log.read_text(encoding="utf-8", errors="replace")
                    raise ServerError(f"PostgreSQL did not start: {text[-2000:]}") from error
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT ends it at once and properly; SIGQUIT as a crash would."""
        if self.process is not None:
            _stop(self.process, how)
            self.process = None

    def restart(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop and start on the same port with the same data."""
        self.stop(how)
        self.start()

    def execute(self, statement: str) -> None:
        """Run one statement as the superuser, outside a transaction."""
        with psycopg.connect(
            host=str(self.folder), port=self.port, user="postgres", autocommit=True
        ) as connection:
            connection.execute(statement.encode())

    def new_database(self) -> str:
        """Create an empty database; its SQLAlchemy URL (loopback TCP)."""
        name = f"t_{uuid.uuid4().hex}"
        self.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{name}"

    def drop_database(self, url: str) -> None:
        """Remove a database of ``new_database``, cutting whoever is still connected."""
        self.execute(f"DROP DATABASE IF EXISTS {url.rsplit('/', 1)[1]} WITH (FORCE)")


class RedisServer:
    """A Redis server on a free loopback port and a Unix socket; keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        program = shutil.which("redis-server")
        if program is None:
            raise ServerError(f"Redis is not installed: {HOW_TO_INSTALL}")
        self._program = program

    @property
    def url(self) -> str:
        """``redis://...`` on loopback TCP, database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "unixsocket": str(self.folder / "redis.sock"),
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            "loglevel": "warning",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "--", self._program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + START_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise ServerError("Redis did not start")
            time.sleep(0.05)

    def command(self, *words: str) -> str:
        """Send one command; the first line of the answer. OSError when it cannot be reached."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as link:
            link.sendall((" ".join(words) + "\r\n").encode())
            return link.makefile("r", encoding="utf-8").readline().strip()

    def answers(self) -> bool:
        """Whether it takes commands now."""
        try:
            return self.command("PING") == "+PONG"
        except OSError:
            return False

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            _stop(self.process, signal.SIGTERM)
            self.process = None

    def restart(self) -> None:
        """Stop and start on the same port, empty."""
        self.stop()
        self.start()


@contextmanager
def temporary_folder(name: str) -> Iterator[Path]:
    """A folder whose path is short enough for Unix sockets, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(server: PostgresServer | RedisServer) -> Iterator[None]:
    """Start a server for the length of a ``with`` block."""
    server.start()
    try:
        yield
    finally:
        server.stop()
