"""The tables of ``docs/phrases.md``, from the phrase files."""

from __future__ import annotations

from pathlib import Path

from translate_proxy.translation.words.phrases import PhraseBook, read_keys, read_language

NAMES = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fi": "Finnish",
    "fr": "French",
    "hr": "Croatian",
    "hu": "Hungarian",
    "it": "Italian",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "nb": "Norwegian (bokmål)",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
}


def languages(root: Path) -> str:
    """One row a language: how much there is, and whether a native speaker has read it."""
    folder = root / "config" / "phrases"
    keys = read_keys(folder)
    rows = ["| language | file | phrases | accepted texts | read by a native speaker |"]
    rows.append("| --- | --- | --- | --- | --- |")
    for tag in PhraseBook(folder).languages():
        file = read_language(folder, tag, keys)
        accepted = sum(len(texts) for texts in file.texts.values())
        reviewed = file.reviewed_by or "not yet"
        rows.append(
            f"| {NAMES.get(tag, tag)} | `{tag}.toml` | {len(file.texts)} of {len(keys.all)} "
            f"| {accepted} | {reviewed} |"
        )
    return "\n".join([*rows, ""])


def keys(root: Path) -> str:
    """One row a key: its section and its English text."""
    folder = root / "config" / "phrases"
    known = read_keys(folder)
    english = read_language(folder, "en", known).texts
    rows = ["| section | key | English |", "| --- | --- | --- |"]
    for section, names in known.sections.items():
        rows += [f"| {section} | `{name}` | {english[name][0]} |" for name in names]
    return "\n".join([*rows, ""])
