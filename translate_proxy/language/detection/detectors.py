"""The detectors by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Final

from translate_proxy.interfaces import Detector
from translate_proxy.language.detection.langdetect_detector import LangdetectDetector
from translate_proxy.language.detection.lingua_detector import NOT_INSTALLED, LinguaDetector
from translate_proxy.language.detection.ngram_detector import NgramDetector

DETECTORS: Final[Mapping[str, Callable[[], Detector]]] = {
    "default": NgramDetector,
    "ngram": NgramDetector,
    "langdetect": LangdetectDetector,
    "lingua": LinguaDetector,
}


def missing(name: str) -> str | None:
    """Why the detector of that name cannot be made, one line for a person; None when it can."""
    if name not in DETECTORS:
        return f"unknown detector {name!r}; there are {', '.join(sorted(DETECTORS))}"
    if name == "lingua" and find_spec("lingua") is None:
        return NOT_INSTALLED
    return None


def make_detector(name: str) -> Detector:
    """The detector of that name. ValueError, in one line for a person, when there is none."""
    if (problem := missing(name)) is not None:
        raise ValueError(problem)
    return DETECTORS[name]()
