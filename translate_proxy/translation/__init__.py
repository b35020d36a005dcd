"""The same text in another language: ``Translator``, and beneath it its five rooms."""
