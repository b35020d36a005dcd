"""Exit status 0 when the server on this machine is ready: for the image's health check."""

from __future__ import annotations

import os
import sys
import urllib.request


def main() -> int:
    """Ask ``/health/ready`` on loopback; 1 when it does not say 200."""
    port = os.environ.get("TRANSLATE_PROXY_PORT", "8000")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5):
            return 0
    except OSError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
