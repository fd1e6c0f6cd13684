"""Signatures of commands that take more flags than the function behind them: the parser asks a function for its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, get_type_hints

__all__ = ["flag", "parameters_of", "with_signature"]

_HANDED_OVER = {"RestoringBeam": object, "PlaneChoice": object}
"""Types that no parser reads, by the names that a command has for them; to import them would take long."""


def parameters_of(command: Callable[..., Any], without: str | None = None) -> list[inspect.Parameter]:
    """Parameters of a command with their types, but for one that it is handed over and its user does not give."""
    types = get_type_hints(command, include_extras=True, localns=_HANDED_OVER)
    own = inspect.signature(command).parameters.values()
    return [p.replace(annotation=types[p.name]) for p in own if p.name != without]


def flag(name: str, kind: Any, default: Any = None) -> inspect.Parameter:
    """Make the parameter of a command for a flag."""
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def with_signature(
    command: Callable[..., Any], parameters: Sequence[inspect.Parameter]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a function that calls a command pass for it, with the parameters that are given."""

    def decorate(run: Callable[..., Any]) -> Callable[..., Any]:
        run = wraps(command)(run)
        run.__signature__ = inspect.signature(command).replace(parameters=parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        return run

    return decorate
