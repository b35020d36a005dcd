"""What the server and its engine room say to each other: frozen values with a written form.

A frame is four bytes of length (big-endian) and a msgpack array that begins with the frame's name.
Both ends are of one release: ``VERSION`` is said first, and another one is refused. Times are in
seconds; ``id`` is the server's number of a job and never used twice.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence

import msgspec

from translate_proxy.interfaces import LanguageContext, Seen, Translated, TranslationJob
from translate_proxy.model import Glossary, Language, SiteKey
from translate_proxy.translation.engines.engine import EnginePair

VERSION = 1
MAX_FRAME = 16 * 2**20
"""Bytes of one frame at most: the longest text is 8,000 characters, an inventory some kilobytes."""


class Frame(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """One of the following."""


# -- to the room -----------------------------------------------------------------------------


class Hello(Frame, frozen=True):
    """The first frame: what the room works with. ``settings`` as JSON; ``aside`` are the keys of
    models that must not be loaded, each with the reason."""

    version: int
    settings: bytes
    aside: Mapping[str, str]
    forgotten: int


class Warm(Frame, frozen=True):
    """Load what these languages' detection and phrases need; answered as ``Reload`` is."""

    number: int
    languages: tuple[Language, ...]


class Words(Frame, frozen=True):
    """A site's own words, of one revision; they replace those of an earlier one."""

    site: SiteKey
    revision: int
    phrases: Mapping[str, Mapping[Language, tuple[str, ...]]]
    glossary: tuple[Glossary, ...]


class Observe(Frame, frozen=True):
    """Look at a text's language; answered by ``Observed``. ``about``: the message's id, for the
    log."""

    id: int
    text: str
    context: LanguageContext
    about: str = ""


class Translate(Frame, frozen=True):
    """Translate; answered by ``Done``. ``words`` is the revision of the site's words, 0 without;
    ``forgotten``: how many times everything was forgotten when it was asked first; ``about``: the
    message's id, for the log."""

    id: int
    job: TranslationJob
    words: int
    forgotten: int
    about: str = ""


class Cancel(Frame, frozen=True):
    """Nobody waits for these any more."""

    ids: tuple[int, ...]


class Reload(Frame, frozen=True):
    """Packages have changed; answered by a ``Stock`` with this number."""

    number: int


class Forget(Frame, frozen=True):
    """Empty the memory, and keep nothing that was begun before; answered by ``Forgotten``."""

    forgotten: int


class Leave(Frame, frozen=True):
    """End; nothing more will be asked."""


# -- from the room ---------------------------------------------------------------------------


class Observed(Frame, frozen=True):
    """What the detector sees in a text, sentence by sentence."""

    id: int
    seen: tuple[Seen, ...]


class Done(Frame, frozen=True):
    """A translation, or why there is none."""

    id: int
    result: Translated


class NeedWords(Frame, frozen=True):
    """The site's words of this revision are not known here: send them, and the job again."""

    id: int
    site: SiteKey


class Stock(Frame, frozen=True):
    """What can be translated now: when the packages are read, when the models are loaded
    (``warm``), after ``Reload`` and ``Warm`` (with their ``number``, else 0), and on change.
    ``loaded`` and ``failures`` go by a pair's key."""

    number: int
    warm: bool
    offered: tuple[EnginePair, ...]
    engines: frozenset[str]
    loaded: frozenset[str]
    failures: Mapping[str, str]


class Forgotten(Frame, frozen=True):
    """The memory is empty of what is older than this."""

    forgotten: int


class Beat(Frame, frozen=True):
    """Every second, while the room's own loop runs. ``figures``: counters and sizes by name."""

    figures: Mapping[str, float]


ToRoom = Hello | Warm | Words | Observe | Translate | Cancel | Reload | Forget | Leave
FromRoom = Observed | Done | NeedWords | Stock | Forgotten | Beat

_LENGTH = struct.Struct(">I")
_encode = msgspec.msgpack.Encoder().encode
_to_room: Callable[[bytes], ToRoom] = msgspec.msgpack.Decoder(ToRoom).decode
_from_room: Callable[[bytes], FromRoom] = msgspec.msgpack.Decoder(FromRoom).decode


class FrameError(Exception):
    """What came is no frame; the link is of no more use."""


def written(frame: Frame) -> bytes:
    """The frame with its length in front."""
    body = _encode(frame)
    return _LENGTH.pack(len(body)) + body


def for_room(body: bytes) -> ToRoom:
    """Read a frame that the server wrote; FrameError."""
    try:
        return _to_room(body)
    except (msgspec.DecodeError, ValueError) as error:
        raise FrameError(str(error)) from error


def for_server(body: bytes) -> FromRoom:
    """Read a frame that a room wrote; FrameError."""
    try:
        return _from_room(body)
    except (msgspec.DecodeError, ValueError) as error:
        raise FrameError(str(error)) from error


class Cutter:
    """Cuts what arrives into frames."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def feed(self, data: bytes) -> Sequence[bytes]:
        """The bodies that are whole now, in order; FrameError when one is too long."""
        kept = self._kept
        kept += data
        found: list[bytes] = []
        at = 0
        while len(kept) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(kept, at)
            if length > MAX_FRAME:
                raise FrameError(f"a frame of {length} bytes")
            end = at + _LENGTH.size + length
            if len(kept) < end:
                break
            found.append(bytes(kept[at + _LENGTH.size : end]))
            at = end
        del kept[:at]
        return found
