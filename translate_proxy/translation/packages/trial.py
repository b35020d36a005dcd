"""A package is tried in a process of its own before it is trusted: the libraries that read models
end the process they run in when a file lies to them, and cannot be told not to.

What is done there is the errand of ``tried``; here is who waits for it.
"""

from __future__ import annotations

import hashlib
import signal

from translate_proxy.translation.packages import apart, packages
from translate_proxy.translation.packages.packages import InstalledPackage, PackageError

PATIENCE_S = 300.0
"""Seconds by the clock: a slow machine that has other things to do is no fault of a package."""
CPU_S = 120
"""Seconds of processor time; the largest Argos packages take about ten."""


def problem_of(package: InstalledPackage) -> str | None:
    """What a trial of an unpacked package brought up, one sentence; None when it can be used."""
    given = {
        "path": str(package.path.absolute()),
        "source": package.source,
        "target": package.target,
        "prefix": package.target_prefix,
        "cpu_s": CPU_S,
    }
    try:
        problem: str | None = apart.run("trial", given, within_s=PATIENCE_S)["problem"]
    except apart.EndedError as error:
        if -error.status in {signal.SIGXCPU, signal.SIGKILL}:
            return f"it took more than {CPU_S} s of processor time, or more memory than there is"
        how = str(error).removeprefix("it was ended by ").removeprefix("it ended with ")
        return f"it ends the process that uses it ({how}): it is damaged, or made to do so"
    except apart.ErrandError as error:
        return f"it was tried, and {error}"
    return problem


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
