"""The two references, in an environment of their own: argostranslate and a LibreTranslate server.

Both download a sentence splitter (minisbd) at first use. There is no network here, so a
``sitecustomize.py`` in their environment gives them one that passes its text through: they are a
little faster and translate a message of several sentences whole.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench import _translation_data as data
from tests.servers import free_port

LIBRETRANSLATE = "libretranslate==1.9.6"
SPLITTERS = ("sentencex==1.0.32", "pysbd==0.3.4")

_PASS_THROUGH = '''\
"""No network here: a sentence splitter that passes its text through, and nothing to download."""
import minisbd


class PassThrough:
    def __init__(self, lang, use_gpu=False, max_threads=None):
        pass

    def sentences(self, text):
        return [text]


minisbd.SBDetect = PassThrough
minisbd.download_models = lambda *args, **kwargs: None
'''


def environment() -> Path:
    """The interpreter of the reference environment, made at the first call and kept."""
    folder = data.CACHE / LIBRETRANSLATE.replace("==", "-")
    python = folder / "bin" / "python"
    done = folder / ".complete"
    if not done.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "-q", LIBRETRANSLATE, *SPLITTERS], check=True
        )
        site = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
        (site / "site-packages" / "sitecustomize.py").write_text(_PASS_THROUGH)
        done.touch()
    return python


def _variables(packages_dir: Path, home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "ARGOS_PACKAGES_DIR": str(packages_dir),
    }


def cpu_seconds(pid: int) -> float:
    """Processor time that a process and its threads have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Argos:
    """``argostranslate.translate.translate``, one call after the other."""

    def __init__(self, python: Path, packages_dir: Path, home: Path) -> None:
        self._process = subprocess.Popen(
            [python, Path(__file__).with_name("_translation_argos.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_variables(packages_dir, home),
            cwd=home,
        )

    def translate(
        self, texts: Sequence[str], source: str, target: str
    ) -> tuple[list[str], list[float]]:
        """The translations, and how many seconds each took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"texts": list(texts), "source": source, "target": target}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer["texts"], answer["seconds"]

    def cpu(self) -> float:
        """Processor time used so far, in seconds."""
        return cpu_seconds(self._process.pid)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()


class LibreTranslate:
    """A LibreTranslate server on loopback."""

    def __init__(self, python: Path, packages_dir: Path, home: Path) -> None:
        self.port = free_port()
        self._log = (home / "libretranslate.log").open("w")
        self._process = subprocess.Popen(
            [
                python.with_name("libretranslate"),
                *("--host", "127.0.0.1", "--port", str(self.port)),
                *("--load-only", "en,pt", "--disable-web-ui"),
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=_variables(packages_dir, home),
            cwd=home,
        )
        self._wait()

    def _wait(self) -> None:
        for _ in range(600):
            try:
                self.request("hello", "en", "pt")
            except (OSError, http.client.HTTPException):
                if self._process.poll() is not None:
                    break
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"LibreTranslate did not start: see {self._log.name}")

    def request(
        self, text: str, source: str, target: str, link: http.client.HTTPConnection | None = None
    ) -> str:
        """One translation, on a connection of its own or a given one."""
        own = link or http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        body = json.dumps({"q": text, "source": source, "target": target, "format": "text"})
        try:
            own.request("POST", "/translate", body, {"Content-Type": "application/json"})
            answer = json.loads(own.getresponse().read())
        finally:
            if link is None:
                own.close()
        return str(answer["translatedText"])

    def run(
        self, texts: Sequence[str], clients: int, source: str, target: str
    ) -> tuple[float, list[float]]:
        """All texts from so many clients: seconds for all, and for each."""
        waiting = list(reversed(texts))
        took: list[float] = []

        def client() -> None:
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
            while True:
                try:
                    text = waiting.pop()
                except IndexError:
                    break
                started = time.perf_counter()
                self.request(text, source, target, link)
                took.append(time.perf_counter() - started)
            link.close()

        threads = [threading.Thread(target=client) for _ in range(clients)]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - started, took

    def cpu(self) -> float:
        """Processor time used so far, in seconds."""
        return cpu_seconds(self._process.pid)

    def close(self) -> None:
        """End the server."""
        self._process.terminate()
        self._process.wait(timeout=30)
        self._log.close()


def splitters(python: Path) -> dict[str, Any]:
    """What ``_translation_sentences`` measures of the libraries."""
    script = Path(__file__).with_name("_translation_sentences.py")
    done = subprocess.run([python, script], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
