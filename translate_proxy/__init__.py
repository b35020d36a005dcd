"""translate_proxy: live chat in which each side reads and writes its own language."""

__version__ = "0.1.0"
