"""``lingua-language-detector`` behind our interface, optional: ``translate-proxy[lingua]``.

In full its models cost about 30 MiB a language; measured figures are in docs/language.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from translate_proxy.model import Language
from translate_proxy.text.tags import primary

if TYPE_CHECKING:
    from lingua import LanguageDetector


NOT_INSTALLED = 'the detector "lingua" is not installed: pip install "translate-proxy[lingua]"'


class LinguaDetector:
    """The n-gram detector of the ``lingua-language-detector`` package (Apache-2.0).

    Raises ValueError, in one line for a person, when the package is not installed.
    """

    name = "lingua"

    def __init__(self) -> None:
        try:
            import lingua  # noqa: PLC0415  (optional, and 90 MB on disk)
        except ModuleNotFoundError as error:
            raise ValueError(NOT_INSTALLED) from error
        self._lingua = lingua
        self._codes = {
            language.iso_code_639_1.name.lower(): language for language in lingua.Language.all()
        }
        self._built: dict[frozenset[str], LanguageDetector] = {}

    def _detector(self, candidates: Sequence[Language]) -> LanguageDetector | None:
        known = frozenset(self._codes).intersection(map(primary, candidates))
        if len(known) < 2:
            return None
        if known not in self._built:
            languages = [self._codes[name] for name in sorted(known)]
            builder = self._lingua.LanguageDetectorBuilder.from_languages(*languages)
            self._built[known] = builder.with_preloaded_language_models().build()
        return self._built[known]

    def warm(self, candidates: Sequence[Language]) -> None:
        """Load the models of the candidates; lingua shares them between detectors."""
        self._detector(candidates)

    def probabilities(self, text: str, candidates: Sequence[Language]) -> Mapping[Language, float]:
        """Probabilities over the candidates that lingua knows; empty when it sees no letters."""
        detector = self._detector(candidates)
        if detector is None:
            return {}
        values = {
            found.language.iso_code_639_1.name.lower(): found.value
            for found in detector.compute_language_confidence_values(text)
        }
        if not any(values.values()):
            return {}
        names = [primary(tag) for tag in candidates]
        return {
            tag: values[name] / names.count(name)
            for tag, name in zip(candidates, names, strict=True)
            if name in values
        }
