"""``python -m translate_proxy``."""

from translate_proxy.cli import main

main()
