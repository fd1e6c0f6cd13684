"""Options as the older programs have them: unchangeable models, each field an argument of a command line."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from types import NoneType
from typing import Any, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

__all__ = ["BaseOptions", "add_options", "options_of"]

Options = TypeVar("Options", bound="BaseOptions")


class BaseOptions(BaseModel):
    """Options that do not change, and take no name that they do not have."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True, arbitrary_types_allowed=True)

    def with_options(self, /, **kwargs: Any) -> Self:
        """Copy the options, with some of them changed; the copy is validated."""
        return type(self)(**{**self.model_dump(exclude_unset=True), **kwargs})

    def _asdict(self) -> dict[str, Any]:
        return self.model_dump()


def add_options(parser: argparse.ArgumentParser, options: type[BaseOptions]) -> None:
    """Add an argument for each option: a switch, or one that takes a value, or several if the option is a tuple.

    Parameters
    ----------
    parser : ArgumentParser
        To which a group of arguments is added, `--seed-clip` for `seed_clip`.
    options : type
        The model.
    """
    group = parser.add_argument_group(f"Inputs for {options.__name__}")
    for name, field in options.model_fields.items():
        group.add_argument(f"--{name.replace('_', '-')}", default=field.default, help=_help(field), **_kind(field))


def options_of(arguments: argparse.Namespace, options: type[Options]) -> Options:
    """Options that the arguments of `add_options` give; those that have their default count as not given."""
    values = vars(arguments)
    return options(**{n: values[n] for n, field in options.model_fields.items() if values[n] != field.default})


def _help(field: FieldInfo) -> str:
    return (field.description or "").replace("%", "%%")


def _kind(field: FieldInfo) -> dict[str, Any]:
    if field.annotation is bool:
        return {"action": "store_false" if field.default else "store_true"}
    return {"nargs": "+"} if any(get_origin(part) is tuple for part in _parts(field.annotation)) else {}


def _parts(annotation: Any) -> Iterable[Any]:
    """Types that a value may be of, without None and without what else is said of them."""
    for part in (annotation, *get_args(annotation)):
        if part is NoneType:
            continue
        yield part
        if hasattr(part, "__metadata__"):
            yield part.__origin__
