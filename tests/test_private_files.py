import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest


def run(data_dir: Path, *arguments: str, given: str = "") -> None:
    """The command as another user's umask would have it."""
    environ = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    subprocess.run(
        [sys.executable, "-m", "translate_proxy", *arguments, "--data-dir", str(data_dir)],
        input=given,
        env=environ,
        check=True,
        text=True,
        capture_output=True,
        umask=0,
        timeout=240,
    )


@pytest.mark.parametrize("deep", [False, True])
def test_nobody_else_on_the_machine_may_look(tmp_path: Path, deep: bool) -> None:
    data_dir = tmp_path / "srv" / "data" if deep else tmp_path / "data"
    person = ("--email", "eva@example.com", "--name", "Eva", "--languages", "en")
    run(data_dir, "operators", "add", *person, "--password-stdin", given="correct horse\n")
    made = [data_dir, *data_dir.rglob("*")]
    assert len(made) > 2
    for path in made:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path
