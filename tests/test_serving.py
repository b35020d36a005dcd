"""The listening socket."""

from __future__ import annotations

import asyncio
import socket

from translate_proxy.serving import listen


async def test_what_is_written_goes_out_at_once() -> None:
    """An event right after an ack must not wait for the client's kernel to confirm the ack."""
    accepted: asyncio.Queue[int] = asyncio.Queue()

    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        await accepted.put(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with listen("127.0.0.1", 0) as listener:
        async with await asyncio.start_server(serve, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            assert await accepted.get() == 1
            writer.close()
            await writer.wait_closed()
