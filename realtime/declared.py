"""Hold the options that a program sets to the types that they declare. Nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from functools import cache
from numbers import Real
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

_NAMES = {bool: "True or False", int: "a whole number", float: "a number", str: "text", NoneType: "None"}

_types: Callable[[type], dict[str, Any]] = cache(get_type_hints)


def take_as_declared(options: object) -> None:
    """Make each value of a dataclass one of the type that its field declares.

    Scalars of NumPy become Python's, names of an `Enum` its members, and lists tuples. True is no number.

    Args:
        options: The dataclass, which may be frozen.

    Raises:
        ValueError: A value is of another type; the message names the field, and what it takes.
    """
    for name, kind in _types(type(options)).items():
        value = getattr(options, name)
        try:
            object.__setattr__(options, name, _taken(value, kind))
        except TypeError:
            raise ValueError(f"{name} takes {_described(kind)}, not {value!r}") from None


def _taken(value: Any, kind: Any) -> Any:
    """Return a value as one of a type.

    Raises:
        TypeError: It is none.
    """
    if getattr(value, "shape", None) == ():
        value = value.item()
    match get_origin(kind), get_args(kind):
        case None, _:
            return _taken_as_class(value, kind)
        case origin, names if origin is Literal:
            if isinstance(value, str) and value in names:
                return value
        case origin, parts if origin is tuple:
            if isinstance(value, Sequence) and len(value) == len(parts):
                return tuple(map(_taken, value, parts))
        case _, choices:
            for choice in choices:
                with suppress(TypeError):
                    return _taken(value, choice)
    raise TypeError


def _taken_as_class(value: Any, kind: Any) -> Any:
    if isinstance(value, bool) != (kind is bool):
        raise TypeError
    if issubclass(kind, Enum) and isinstance(value, str) and value in [*kind]:
        return kind(value)
    if isinstance(value, int if kind is float else kind):
        return value
    if kind is float and isinstance(value, Real):
        return float(value)
    raise TypeError


def _described(kind: Any) -> str:
    match get_origin(kind), get_args(kind):
        case None, _ if issubclass(kind, Enum):
            return "one of " + ", ".join(repr(member.value) for member in kind)
        case None, _:
            return _NAMES.get(kind) or kind.__name__
        case origin, names if origin is Literal:
            return " or ".join(map(repr, names))
        case origin, parts if origin is tuple:
            return f"({', '.join(map(_described, parts))})"
        case _, choices:
            return " or ".join(map(_described, choices))
