"""``langdetect`` behind our interface: seeded, restricted, its profiles read once.

The library is random unless seeded and its module-level API always loads 55 languages; its own
factory does neither. Measured figures are in docs/language.md.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from translate_proxy.model import Language
from translate_proxy.text.tags import is_traditional_chinese, primary

_SEED = 20
_HALF_SURE = 12
_LEAST = 1e-4
_NAMES = {"nb": "no"}


def _profile_name(tag: Language) -> str:
    language = primary(tag)
    if language == "zh":
        return "zh-tw" if is_traditional_chinese(tag) else "zh-cn"
    return _NAMES.get(language, language)


class LangdetectDetector:
    """The n-gram detector of the ``langdetect`` package, 3 to 5 ms a message."""

    name = "langdetect"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._factory: Any = None
        self._loaded: frozenset[str] = frozenset()

    def warm(self, candidates: Sequence[Language]) -> None:
        """Read the profiles of the candidates; those already read stay."""
        # Imported here so that a server with another detector does not pay for it.
        from langdetect.detector_factory import (  # noqa: PLC0415
            PROFILES_DIRECTORY,
            DetectorFactory,
        )

        folder = Path(PROFILES_DIRECTORY)
        names = {_profile_name(tag) for tag in candidates}
        known = {name for name in names if (folder / name).is_file()}
        with self._lock:
            wanted = self._loaded | known
            if wanted == self._loaded or len(wanted) < 2:  # the library needs two to compare
                return
            factory = DetectorFactory()
            factory.set_seed(_SEED)
            factory.load_json_profile(
                [(folder / name).read_text(encoding="utf-8") for name in sorted(wanted)]
            )
            self._factory = factory
            self._loaded = frozenset(wanted)

    def probabilities(self, text: str, candidates: Sequence[Language]) -> Mapping[Language, float]:
        """Probabilities over the candidates; empty when the text has no feature it knows.

        A candidate without a profile gets nothing. Two candidates of one profile share it.
        """
        from langdetect.lang_detect_exception import (  # noqa: PLC0415
            LangDetectException,
        )

        self.warm(candidates)
        names = {tag: _profile_name(tag) for tag in candidates}
        known = [name for name in names.values() if name in self._loaded]
        if len(set(known)) < 2:
            return {}
        detector = self._factory.create()
        detector.set_prior_map(dict.fromkeys(known, 1.0))
        detector.append(text)
        try:
            detector.get_probabilities()
        except LangDetectException:  # "No features in text": digits, symbols, a foreign script
            return {}
        found = dict(zip(self._factory.get_lang_list(), detector.langprob, strict=True))
        return calibrated({tag: found[name] for tag, name in names.items() if name in found}, text)


def calibrated(found: Mapping[Language, float], text: str) -> Mapping[Language, float]:
    """Less sure of a short text: n-grams that overlap are counted as independent."""
    letters = sum(map(str.isalpha, text))
    power = letters / (letters + _HALF_SURE)
    weights = {tag: (share + _LEAST) ** power for tag, share in found.items()}
    total = sum(weights.values())
    return {tag: weight / total for tag, weight in weights.items()}
