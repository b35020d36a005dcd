"""A package is tried in a process of its own before it is trusted: the libraries that read models
end the process they run in when a file lies to them, and cannot be told not to.

    python -m translate_proxy.translation.packages.trial FOLDER SOURCE TARGET PREFIX

loads the package, translates a few sentences greedily and carefully, with its vocabulary map and
without, and prints ``{"problem"}``: one sentence, or null.
"""

from __future__ import annotations

import hashlib
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from translate_proxy.settings import Translation
from translate_proxy.text.plain import printable
from translate_proxy.translation.packages import packages
from translate_proxy.translation.packages.packages import InstalledPackage, PackageError

PATIENCE_S = 300.0
"""Seconds by the clock: a slow machine that has other things to do is no fault of a package."""
CPU_S = 120
"""Seconds of processor time; the largest Argos packages take about ten."""
MEMORY, MEMORY_TIMES = 3 * 2**30, 8
"""Bytes of address space beside so many times the package's own: libraries and threads reserve
far more than they use."""
_TEXTS = 12
_FEWEST = 4
"""Texts that must not all be answered alike."""
_MOST_UNKNOWN = 0.5
"""Share of the pieces of such texts; of an honest package next to none."""
_LEAST_LIKENESS = 40.0
"""chrF of what is said with the map against what is said without: an honest map has above 90."""


def problem_of(package: InstalledPackage) -> str | None:
    """What a trial of an unpacked package brought up, one sentence; None when it can be used."""
    ends = (package.source, package.target, package.target_prefix)
    command = [sys.executable, "-m", __spec__.name, str(package.path.absolute()), *ends]
    try:
        done = subprocess.run(  # noqa: S603  (ourselves, by no shell)
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
            start_new_session=True,  # Ctrl-C is for whoever waits, which then ends this
        )
    except subprocess.TimeoutExpired:
        return f"it was tried for {PATIENCE_S:.0f} s and did not answer"
    if -done.returncode in {signal.SIGXCPU, signal.SIGKILL}:
        return f"trying it took more than {CPU_S} s of processor time, or more memory than there is"
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        return f"it ends the process that uses it ({name}): it is damaged, or made to do so"
    try:
        answer = json.loads(done.stdout.splitlines()[-1])["problem"]
    except (IndexError, ValueError, KeyError, TypeError):
        return f"it ends the process that uses it (exit status {done.returncode})"
    return None if answer is None else str(answer)


def require_usable(package: InstalledPackage) -> None:
    """PackageError when a trial fails."""
    problem = problem_of(package)
    if problem is not None:
        raise PackageError(f"{package.source} to {package.target} cannot be used: {problem}")


class Trials:
    """Those of one process: what has passed is not tried again, as long as it is the same bytes."""

    def __init__(self) -> None:
        self._passed: set[bytes] = set()

    def require_usable(self, package: InstalledPackage) -> None:
        """See ``require_usable``; of a package that was unpacked by ``packages.install_file``."""
        same = hashlib.sha256((package.path / packages.RECORD).read_bytes()).digest()
        if same not in self._passed:
            require_usable(package)
            self._passed.add(same)


def _limit(folder: Path) -> None:
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    memory = MEMORY + MEMORY_TIMES * size
    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (limit, limit))


def _texts(language: str) -> list[str]:
    from translate_proxy.translation.packages import sample_text  # noqa: PLC0415  (heavy: see below)

    known = sample_text.phrase_texts(language)
    words = [] if known else sample_text.frequent_words(language)[:600]
    known = known or [" ".join(words[n : n + 4]) for n in range(0, len(words), 4)]
    return [*known[:: 1 + len(known) // _TEXTS], "1", "AB-12?"]


def _unknown(folder: Path, texts: Sequence[str]) -> float:
    """The share of the texts' pieces that the source vocabulary does not have."""
    from translate_proxy.translation.engines.argos_model import Tokenizer  # noqa: PLC0415  (see below)
    from translate_proxy.translation.packages.candidates import vocabulary  # noqa: PLC0415

    known = set(vocabulary(folder / "model", "source"))
    pieces = [piece for tokens in Tokenizer(folder).encode(texts) for piece in tokens]
    return sum(piece not in known for piece in pieces) / max(1, len(pieces))


def _tried(package: InstalledPackage) -> str | None:
    # Only here: the process that waits for this one must not load what it protects itself from.
    from translate_proxy.translation.engines.argos_model import ArgosModel  # noqa: PLC0415
    from translate_proxy.translation.packages.contents import problem_in  # noqa: PLC0415
    from translate_proxy.translation.packages.optimise import chrf  # noqa: PLC0415

    if (problem := problem_in(package.path / "model")) is not None:
        return problem
    texts = _texts(package.source)
    if len(texts) >= _FEWEST and _unknown(package.path, texts) > _MOST_UNKNOWN:
        return "its tokenizer makes pieces that its vocabulary does not have"
    model = ArgosModel(package, Translation(), "cpu")
    model.translate(texts, careful=True)
    outputs = model.translate(texts)
    if len(texts) >= _FEWEST and len(set(outputs)) < 2:
        return "it says the same whatever it is given"
    if model.mapped:
        model.mapped = False
        if chrf(outputs, model.translate(texts)) < _LEAST_LIKENESS:
            return "its vocabulary map makes it say other things than without"
    return None


def main(arguments: Sequence[str]) -> None:
    """See the module."""
    folder = Path(arguments[0])
    source, target, prefix = arguments[1:]
    _limit(folder)
    try:
        problem = _tried(
            InstalledPackage(folder, source, target, "", source, target, prefix, digest=None)
        )
    except Exception as error:  # noqa: BLE001  (whatever a damaged file makes the libraries say)
        said = printable(" ".join(str(error).split()))[:200]
        problem = f"it cannot be loaded: {said or type(error).__name__}"
    print(json.dumps({"problem": problem}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
