"""The detectors by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from translate_proxy.interfaces import Detector
from translate_proxy.language.langdetect_detector import LangdetectDetector
from translate_proxy.language.lingua_detector import LinguaDetector
from translate_proxy.language.ngram_detector import NgramDetector

DETECTORS: Final[Mapping[str, Callable[[], Detector]]] = {
    "default": NgramDetector,
    "ngram": NgramDetector,
    "langdetect": LangdetectDetector,
    "lingua": LinguaDetector,
}


def make_detector(name: str) -> Detector:
    """The detector of that name. ValueError, in one line for a person, when there is none."""
    if name not in DETECTORS:
        raise ValueError(f"unknown detector {name!r}; there are {', '.join(sorted(DETECTORS))}")
    return DETECTORS[name]()
