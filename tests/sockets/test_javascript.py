"""The same conversation from the JavaScript client, by docs/protocol.md alone."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.product import Product


def test_a_conversation_from_the_javascript_client(
    demo: Product, token: str, repo_root: Path
) -> None:
    script = Path(__file__).with_name("conversation.mjs")
    done = subprocess.run(
        ["node", str(script), demo.url, token, str(repo_root / "widget_js")],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "AB-12345" in said["read"]
    assert "AB-12345" in said["answer"]
