"""A throw-away process that works with models, see ``errands``; it ends with its parent."""

from __future__ import annotations

import sys

from translate_proxy.processes import die_with

if __name__ == "__main__":
    die_with(int(sys.argv[1]))  # first: what follows takes a second to import
    from translate_proxy.translation.packages.errands import main

    main()
