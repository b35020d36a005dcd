"""What the Makefile runs."""

from __future__ import annotations

import os
import pty
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from scripts.check_tree import lock_file, whole_file

SERVER = """
import signal, sys
def stop(number, frame):
    print("stopped by", signal.Signals(number).name, flush=True)
    sys.exit(0)
signal.signal(signal.SIGINT, stop)
signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
while True:
    signal.pause()
"""
FRONT_END = """{"name": "x", "version": "1.0.0", "scripts": {"build": "node build.cjs"}}"""
FRONT_END_LOCK = """{"name": "x", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
 "packages": {"": {"name": "x", "version": "1.0.0"}}}"""


def program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def read_until(terminal: int, end: str) -> str:
    """What appears on a terminal until ``end`` does, or until it is closed."""
    text = b""
    while end.encode() not in text:
        try:
            text += os.read(terminal, 1000)
        except OSError:
            break
    return text.decode()


@pytest.fixture
def served(tmp_path: Path, repo_root: Path) -> Path:
    """A folder whose Makefile runs a small server the way ours does."""
    (tmp_path / "server.py").write_text(SERVER, encoding="utf-8")
    command = f"{sys.executable} {repo_root}/scripts/foreground.py {sys.executable} server.py"
    (tmp_path / "Makefile").write_text(f"run:\n\t@{command}\n", encoding="utf-8")
    return tmp_path


def test_ctrl_c_stops_the_server_and_make_ends_with_status_0(served: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "--ctty", "make", "run"],
        cwd=served,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    try:
        assert "ready" in read_until(ours, "ready")
        os.write(ours, b"\x03")
        shown = read_until(ours, "nothing shows this")
        assert process.wait(30) == 0
    finally:
        os.close(ours)
    assert "stopped by SIGINT" in shown
    assert "make:" not in shown


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_signals_are_passed_on_without_a_terminal(served: Path, repo_root: Path, name: str) -> None:
    process = subprocess.Popen(
        [sys.executable, str(repo_root / "scripts" / "foreground.py"), sys.executable, "server.py"],
        cwd=served,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.Signals[name])
        assert process.stdout.read() == f"stopped by {name}\n"
    assert process.wait(30) == 0


def test_the_exit_status_of_the_command_is_kept(repo_root: Path) -> None:
    foreground = [sys.executable, str(repo_root / "scripts" / "foreground.py")]
    done = subprocess.run([*foreground, "sh", "-c", "exit 7"], check=False)
    assert done.returncode == 7
    done = subprocess.run([*foreground, "no-such-command"], check=False, capture_output=True)
    assert done.returncode == 127
    assert done.stderr == b"no-such-command: No such file or directory\n"


def test_an_old_python_is_one_clear_line(tmp_path: Path, repo_root: Path) -> None:
    old = 'if [ "$1" = --version ]; then echo "Python 3.9.2"; else exit 1; fi\n'
    program(tmp_path / "python3", f"#!/bin/sh\n{old}")
    done = subprocess.run(
        ["/bin/sh", str(repo_root / "scripts" / "find-python")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(r"translate_proxy needs Python 3\.11 .*Python 3\.9\.2.*\n", done.stderr)


@pytest.mark.parametrize(
    ("node", "npm", "said"),
    [
        (None, True, "node was not found"),
        ('[ "$1" = --version ] && echo v18.1.0', True, "found: v18.1.0"),
        ("exit 0", False, "npm was not found"),
    ],
)
def test_a_missing_or_old_node_is_one_clear_line(
    tmp_path: Path, repo_root: Path, node: str | None, npm: bool, said: str
) -> None:
    (tmp_path / "python3").symlink_to(sys.executable)
    (tmp_path / "dirname").symlink_to(str(shutil.which("dirname")))
    if node is not None:
        program(tmp_path / "node", f"#!/bin/sh\n{node}\n")
    if npm:
        program(tmp_path / "npm", "#!/bin/sh\n")
    done = subprocess.run(
        ["/bin/sh", str(repo_root / "scripts" / "check-tools")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch(rf"translate_proxy needs Node\.js [^\n]*{said}[^\n]*\n", done.stderr)


def test_the_pages_are_built_again_only_when_their_sources_change(
    tmp_path: Path, repo_root: Path
) -> None:
    shutil.copy(repo_root / "Makefile", tmp_path)
    for folder, file in (("widget_js", "widget/widget.js"), ("console_js", "console/index.html")):
        (tmp_path / folder / "src").mkdir(parents=True)
        out = f"../translate_proxy/static/{file}"
        build = (
            f'const fs = require("fs"); fs.mkdirSync("{Path(out).parent}", {{recursive: true}});'
            f' fs.writeFileSync("{out}", "");'
        )
        for name, text in (
            ("package.json", FRONT_END),
            ("package-lock.json", FRONT_END_LOCK),
            ("build.cjs", build),
            ("src/a.ts", ""),
        ):
            (tmp_path / folder / name).write_text(text, encoding="utf-8")

    def make() -> str:
        command = ["make", "--no-print-directory", "front-ends"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout

    first = make()
    assert "Building the widget" in first
    assert "Building the console" in first
    assert "Building" not in make()
    newer = (tmp_path / "translate_proxy/static/widget/widget.js").stat().st_mtime + 10
    os.utime(tmp_path / "widget_js" / "src" / "a.ts", (newer, newer))
    third = make()
    assert "Building the widget" in third
    assert "Building the console" not in third


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.md", "see /" + "root/x", "a machine's own path: /" + "root/"),
        ("a.toml", "dir = '/" + "home/ana/x'", "a machine's own path"),
        ("a.md", "from https://py" + "pi.org/simple", "the address of a package registry"),
        ("requirements.txt", "--find" + "-links x", "a machine's own package source"),
        ("requirements.txt", "six>=1", "not a pinned requirement"),
        ("package-lock.json", '"resolved": "https://example.com/x.tgz"', '"resolved" address'),
        ("a.py", "x = 1\n" * 441, "441 lines"),
        ("a.py", "<" * 7 + " HEAD\n", "a merge conflict"),
    ],
)
def test_what_must_not_be_in_the_tree_is_found(name: str, text: str, said: str) -> None:
    found = [*whole_file(Path(name), text), *lock_file(Path(name), text)]
    assert any(said in what for _, what in found), found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "x = 1\n\n" * 440),
        ("a.md", "https://shop.example/home/sale/ and ./work/ and /proc/self"),
        ("requirements.txt", "six==1.17.0 \\\n    --hash=sha256:00\n    # via langdetect\n"),
        ("package-lock.json", '"node_modules/x": {"version": "1.0.0", "integrity": "sha512-"}'),
    ],
)
def test_ordinary_files_are_not_objected_to(name: str, text: str) -> None:
    assert [*whole_file(Path(name), text), *lock_file(Path(name), text)] == []


def test_every_step_of_the_image_is_one_that_is_tested(repo_root: Path) -> None:
    text = (repo_root / "Dockerfile").read_text(encoding="utf-8")
    makefile = (repo_root / "Makefile").read_text(encoding="utf-8")
    steps = re.findall(r"^RUN (.*)$", text, re.MULTILINE)
    assert len(steps) == 3
    assert re.search(rf"^{steps[0].removeprefix('make ')}:", makefile, re.MULTILINE)
    assert steps[1] in makefile
    for script in re.findall(r"scripts/[\w.-]+", text):
        assert (repo_root / script).is_file()


def test_the_gate_is_the_command_of_the_readme(repo_root: Path) -> None:
    gate = (repo_root / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert gate[-1] == "exec make test"
    assert os.access(repo_root / ".ci" / "run", os.X_OK)
    readme = (repo_root / "README.md").read_text(encoding="utf-8")
    assert {"    make run", "    make test"} <= set(readme.splitlines())


class Health(BaseHTTPRequestHandler):
    """Answers like the server's health page, ready or not."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/health/ready" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_image_is_healthy_when_the_server_is_ready(
    repo_root: Path, status: int, code: int
) -> None:
    handler = type("Now", (Health,), {"status": status})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        environment = {**os.environ, "TRANSLATE_PROXY_PORT": str(server.server_port)}
        command = [sys.executable, str(repo_root / "scripts" / "healthy.py")]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        server.shutdown()
        thread.join()
    assert done.returncode == code


def test_the_image_is_unhealthy_when_nothing_listens(repo_root: Path) -> None:
    with socket.socket() as reserved:  # bound, not listening: refused
        reserved.bind(("127.0.0.1", 0))
        environment = {**os.environ, "TRANSLATE_PROXY_PORT": str(reserved.getsockname()[1])}
        command = [sys.executable, str(repo_root / "scripts" / "healthy.py")]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 1
