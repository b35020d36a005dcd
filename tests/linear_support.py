"""Hostile texts, the package's patterns, and how time grows with a text's length."""

from __future__ import annotations

import ast
import gc
import importlib
import inspect
import itertools
import pkgutil
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from types import FrameType, ModuleType
from typing import Any, NamedTuple

import translate_proxy

PACKAGE = Path(translate_proxy.__file__).parent
SIZES = (1000, 2000, 4000, 8000, 16_000)
"""Characters of each text."""
GROWTH = 2.6
"""Times the processor's work that a text of twice the length may cost."""
_NOISE_S = 0.004
"""Processor seconds below which nothing is told from noise."""
_MOST_S = 0.1
"""What the shortest text may cost; where it costs more, the lengths are gone through in turn."""
_PLAINLY_LINEAR = 20
"""Times the work for sixteen times the text that need no closer look."""
_TRIES = 12


class Hostile(NamedTuple):
    """A text of any length: ``unit`` as often as it takes between ``before`` and ``after``."""

    unit: str
    before: str = ""
    after: str = ""

    def of(self, size: int) -> str:
        """The text with ``size`` characters."""
        room = size - len(self.before) - len(self.after)
        return self.before + (self.unit * (room // len(self.unit) + 1))[:room] + self.after


HOSTILE: tuple[Hostile, ...] = tuple(
    Hostile(*one)
    for one in (
        # one character
        ("a",), ("A",), ("1",), ("0", "", "a"), ("_", "", "~"), (" ", "", "a"), (" ", "a"),
        ("\n", "", "a"), (".", "", "a"), (".", "a"), ("!", "a", "b"),
        ("…", "a", "b"), ("-", "1", "a"), ("/", "a", "b"), (":",), ("@", "a"), ("#", "1"),
        ("(", "a"), ("[",), ("{",), ("<", "a"), ("&", "a"),
        ("*", "a", " b"), ("'", "a"), ('"', "a", "b"), ("%", "1"), ("+", "a"), ("^",),
        (";", "α"), ("ł",),
        ("的",), ("。", "的"), ("😀",), ("\u200d", "😀"), ("\ufe0f", "☎"), ("\x1f", "a"),
        # words, sentences
        ("a ",), ("A ",), ("nr. a ",), ("e.g. ",), (". ",), ("a. ",), ("! a",),
        ("Ab. ",),
        ("a.b.", "", "~"), ("Yahoo! x ",), ("a\n",), ("ab ", "", "1"), ("ha", "", "~"), ("1. ",),
        ("the same words again and again and ", "", "!"), ("a'b", "", "~"),
        # what the guard protects
        ("a@",), ("a@b.", "", "@"), ("a.", "", "@"), ("http://a)", "", "("), ("www.a",),
        (")", "http://a"), ("1 ", "", "a"), ("1,", "", "a"), ("1x1 x ",), ("1:0 ",),
        ("+1 ", "", "a"),
        ("€", "1"), ("AB12 ", "", "-"), ("1_", "", "~"), ("a_", "_", "~"), ("#a-", "", "~"),
        ("(1) ",), ("[1] (1) X1 ",), ("<a ",), ("<!--",), ("&a", "", ";"), ("``",), ("<a href='",),
        ("{a", "", "~"), ("%(", "", "s"), ("**a", "", " "), ("[a](", "", "b"), ("code ABCD ",),
    )
)  # fmt: skip


class Subject(NamedTuple):
    """Something that is done to a text: what it is called, and the doing."""

    name: str
    run: Callable[[str], object]


# -- the patterns ---------------------------------------------------------------------------


def modules() -> Iterator[ModuleType]:
    """Every module of the package that can be imported here."""
    for found in pkgutil.walk_packages(translate_proxy.__path__, "translate_proxy."):
        if not found.name.endswith("__main__") and ".migrations" not in found.name:
            yield importlib.import_module(found.name)


def held_patterns() -> dict[str, re.Pattern[str]]:
    """The compiled patterns that modules, classes and values of the package hold, by name."""
    found: dict[str, re.Pattern[str]] = {}
    for module in modules():
        for name, value in vars(module).items():
            for number, pattern in enumerate(_inside(value, set())):
                if pattern not in found.values():
                    found[f"{module.__name__}.{name}.{number}"] = pattern
    return found


def _inside(value: Any, seen: set[int]) -> Iterator[re.Pattern[str]]:
    """The patterns in a value of ours, however deep."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
        return
    for one in _parts(value):
        yield from _inside(one, seen)


def _parts(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return (*value.keys(), *value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(value)
    if isinstance(value, ModuleType) or not _is_ours(value):
        return ()
    everything = getattr(value, "__globals__", None)
    return [
        one
        for one in gc.get_referents(value)
        if not isinstance(one, ModuleType) and one is not everything
    ]


def _is_ours(value: Any) -> bool:
    owner = value if inspect.isroutine(value) or isinstance(value, type) else type(value)
    return str(getattr(owner, "__module__", "")).startswith("translate_proxy")


class Compiled(NamedTuple):
    """A call of ``re`` within a function: where it stands, and its pattern if written out there."""

    where: str
    pattern: re.Pattern[str] | None


def compiled_in_functions() -> Iterator[Compiled]:
    """Every ``re.something(pattern, ...)`` that is run by a function rather than at import."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for node in ast.walk(function):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "re"
                    and node.func.attr != "escape"
                ):
                    where = f"{path.relative_to(PACKAGE)}:{function.name}"
                    yield Compiled(where, _written_out(node))


def _written_out(call: ast.Call) -> re.Pattern[str] | None:
    first = call.args[0]
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return re.compile(first.value)
    return None


@contextmanager
def compiling() -> Iterator[dict[re.Pattern[str], str]]:
    """The patterns that functions of the package compile meanwhile, and which function did."""
    found: dict[re.Pattern[str], str] = {}

    def watch(frame: FrameType, event: str, _: Any) -> None:
        if event != "call" or frame.f_code.co_name != "_compile" or frame.f_back is None:
            return
        caller = frame.f_back.f_back
        if caller is None or not caller.f_code.co_filename.startswith(str(PACKAGE)):
            return
        pattern = frame.f_locals.get("pattern")
        if isinstance(pattern, str):
            sys.setprofile(None)
            where = Path(caller.f_code.co_filename).relative_to(PACKAGE)
            found[re.compile(pattern, frame.f_locals["flags"])] = f"{where}:{caller.f_code.co_name}"
            sys.setprofile(watch)

    sys.setprofile(watch)
    try:
        yield found
    finally:
        sys.setprofile(None)


def tried(pattern: re.Pattern[str]) -> Callable[[str], object]:
    """The pattern looked for everywhere, at the beginning, and as the whole text."""

    def run(text: str) -> object:
        for _ in pattern.finditer(text):
            pass
        return pattern.match(text), pattern.fullmatch(text)

    return run


def own_texts(pattern: re.Pattern[str], most: int = 24) -> list[Hostile]:
    """Hostile texts of what the pattern itself is made of."""
    pieces = list(dict.fromkeys(_samples(_parser.parse(pattern.pattern, pattern.flags))))
    letters = list(dict.fromkeys(letter for piece in pieces for letter in piece))
    units = [*pieces, *(piece[:-1] for piece in pieces), *letters]
    units += [a + b for a, b in itertools.pairwise(letters)]
    units = list(dict.fromkeys(unit for unit in units if unit))
    step = max(1, len(units) // most)
    return [
        Hostile(unit, "", "" if n % 2 else "\x00")
        for n, unit in enumerate(units[::step][: 2 * most])
    ]


_CATEGORIES = {
    ops.CATEGORY_DIGIT: "7",
    ops.CATEGORY_WORD: "b",
    ops.CATEGORY_SPACE: " ",
    ops.CATEGORY_NOT_DIGIT: "b",
    ops.CATEGORY_NOT_WORD: "-",
    ops.CATEGORY_NOT_SPACE: "b",
}


def _samples(parsed: Any) -> list[str]:
    """Texts that such an expression, or a part of it, is written for; a few of each."""
    whole = [""]
    parts: list[str] = []
    for op, given in parsed:
        more = _of_step(op, given)[:40]
        parts += more
        if more and op not in (ops.ASSERT, ops.ASSERT_NOT):
            whole = [(one + more[n % len(more)])[:60] for n, one in enumerate(whole * 2)][:4]
    return [one for one in (*whole, *parts) if one]


def _of_step(op: Any, given: Any) -> list[str]:
    """What one step of an expression takes."""
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        return [one * max(1, min(given[0], 4)) for one in _samples(given[2])]
    makers: dict[Any, Callable[[], list[str]]] = {
        ops.LITERAL: lambda: [chr(given)],
        ops.NOT_LITERAL: lambda: ["b" if given != ord("b") else "c"],
        ops.ANY: lambda: ["b"],
        ops.IN: lambda: _of_set(given),
        ops.SUBPATTERN: lambda: _samples(given[3]),
        ops.ATOMIC_GROUP: lambda: _samples(given),
        ops.BRANCH: lambda: [one for branch in given[1] for one in _samples(branch)[:3]],
        ops.ASSERT: lambda: _samples(given[1])[:2],
        ops.ASSERT_NOT: lambda: _samples(given[1])[:2],
    }
    return makers[op]() if op in makers else []


def _of_set(given: Sequence[Any]) -> list[str]:
    if given[0][0] is ops.NEGATE:
        return ["b", " "]
    found: list[str] = []
    for op, value in given:
        if op is ops.LITERAL:
            found.append(chr(value))
        elif op is ops.RANGE:
            found.append(chr(value[0]))
        elif op is ops.CATEGORY:
            found.append(_CATEGORIES[value])
    return found[:6]


# -- the growth -----------------------------------------------------------------------------


def too_steep(run: Callable[[str], object], hostile: Hostile) -> str | None:
    """What is wrong with how the work grows; None when it stays within ``GROWTH`` a doubling.

    A look at the shortest and the longest text is enough for most. A doubling that looks too steep
    is measured again, both of its sizes at the same time, before it is judged.
    """
    shortest = _once(run, hostile.of(SIZES[0]))
    if shortest < _MOST_S:
        longest = _once(run, hostile.of(SIZES[-1]))
        if longest <= max(GROWTH * _NOISE_S, _PLAINLY_LINEAR * shortest):
            return None
    before, smaller = max(shortest, _NOISE_S), hostile.of(SIZES[0])
    for size in SIZES[1:]:
        text = hostile.of(size)
        took = _once(run, text)
        for _ in range(_TRIES):
            if took <= GROWTH * before:
                break
            before = max(_NOISE_S, (before + _once(run, smaller)) / 2)
            took = min(took, _once(run, text))
        else:
            return f"{len(smaller)} characters {before * 1000:.1f} ms, {size} {took * 1000:.1f} ms"
        before, smaller = max(took, _NOISE_S), text
    return None


def _once(run: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    run(text)
    return time.process_time() - began
