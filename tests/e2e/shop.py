"""A shop of another origin than the chat's, under a strict policy, and a server that lets it in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.product import Product, running
from tests.servers import free_port

SITE = "loja"
SECRET = "a secret of these tests only"


@contextmanager
def own_server(folder: Path) -> Iterator[tuple[Product, str]]:
    """A server that may be killed, and the address of a shop that it lets in.

    Its port is fixed, so that it can be started again where the pages look for it.
    """
    port, shop_port = free_port(), free_port()
    config = folder / "shop.toml"
    config.write_text(
        f"""
        [[sites]]
        key = "{SITE}"
        name = "Loja"
        origins = ["http://127.0.0.1:{shop_port}"]
        languages = ["pt", "en", "fi"]
        default_language = "pt"
        identity_secret = "{SECRET}"
        appearance = {{ color = "#7a1f3d", position = "left" }}
        """,
        encoding="utf-8",
    )
    product = Product(folder / "data", "--demo", "--config", str(config), "--port", str(port))
    with running(product), foreign_shop(shop_port, product.url) as address:
        yield product, address


def strict_policy(chat: str) -> str:
    """What docs/embedding.md tells a shop to allow, and nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {chat}",
            f"connect-src {chat} {chat.replace('http', 'ws', 1)}",
            "style-src 'none'",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )


class _Page(BaseHTTPRequestHandler):
    def __init__(self, chat: str, *rest: Any) -> None:
        self._chat = chat
        super().__init__(*rest)

    def do_GET(self) -> None:
        body = (
            '<!doctype html><html lang="pt"><meta charset="utf-8"><title>Loja</title>'
            f'<script async src="{self._chat}/widget.js" data-site="{SITE}"></script>'
            "<h1>Loja</h1></html>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", strict_policy(self._chat))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@contextmanager
def foreign_shop(port: int, chat: str) -> Iterator[str]:
    """A shop of another origin under a strict policy; its address."""
    with ThreadingHTTPServer(("127.0.0.1", port), partial(_Page, chat)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.shutdown()
            thread.join()
