"""The engine process: ``python -m translate_proxy.engine_room LINK LEDGER PARENT``, started by the
server with two open files: the socket to it and the ledger. It ends with the server, whatever ends
that: its socket closes, and the kernel is told as well."""

from __future__ import annotations

import sys

from translate_proxy.processes import die_with

if __name__ == "__main__":
    link, ledger, parent = map(int, sys.argv[1:4])
    die_with(parent)  # first: what follows takes a second to import
    from translate_proxy.engine_room.serving import main

    main(link, ledger)
