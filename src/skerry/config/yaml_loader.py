"""YAML as skerry reads it: text, numbers, truth values, lists and mappings, none of which silently means another thing.

YAML has more: dates, sets, binary data, keys that are lists. No key of skerry's files takes them, so all that is not of
this plain subset is an error that names its line, and so is what is larger than any file of a field: digits without
end, lists within lists within lists, a few lines that stand for a billion.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml

__all__ = ["load_plain_yaml"]

_MOST_DIGITS = 30
_MOST_LEVELS = 50
_MOST_VALUES = 100_000
_KINDS = {
    "timestamp": "a date",
    "binary": "binary data",
    "set": "a set",
    "omap": "an ordered mapping",
    "pairs": "a list of pairs",
}
"""What there is besides, by its tag."""
_TAG = "tag:yaml.org,2002:"


def load_plain_yaml(text: str) -> Any:
    """Read the only document of a text.

    Parameters
    ----------
    text : str
        In YAML.

    Returns
    -------
    object
        Of str, int, float, bool, None, list and dict.

    Raises
    ------
    yaml.YAMLError
        If it is no YAML, or more than the plain subset.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _count_values(node, {}, set())
        return loader.construct_document(node)
    finally:
        loader.dispose()


class _Loader(yaml.SafeLoader):
    """YAML, but what silently changes meaning, or is no plain value, is an error."""

    _level = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Read a node, of which there are not many within each other."""
        self._level += 1
        if self._level > _MOST_LEVELS:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise _error(f"is nested in more than {_MOST_LEVELS} levels; close the brackets", mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self._level -= 1

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Make the value of a node, which may not be what its tag says."""
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, KeyError, AttributeError, TypeError, OverflowError):
            raise _error(
                f"{_shown(node)} is not what its tag {_tag(node)} says; leave that out", node.start_mark
            ) from None


def _count_values(node: yaml.Node, counted: dict[int, int], above: set[int]) -> int:
    """Count what a node stands for, with all that its aliases repeat."""
    if id(node) in above:
        raise _error("an alias stands within what it stands for; write that out", node.start_mark)
    if id(node) not in counted:
        inside = []
        if isinstance(node, yaml.SequenceNode):
            inside = node.value
        elif isinstance(node, yaml.MappingNode):
            inside = [part for pair in node.value for part in pair]
        above.add(id(node))
        counted[id(node)] = 1 + sum(_count_values(part, counted, above) for part in inside)
        above.remove(id(node))
        if counted[id(node)] > _MOST_VALUES:
            raise _error(f"has more than {_MOST_VALUES} values; give fewer, or a range as 00-35", node.start_mark)
    return counted[id(node)]


def _construct_mapping(loader: _Loader, node: yaml.Node) -> dict[Any, Any]:
    if not isinstance(node, yaml.MappingNode):
        raise _error("is no mapping, as its tag says; leave the tag out", node.start_mark)
    seen: set[str] = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            what = "a list" if isinstance(key, yaml.SequenceNode) else "a mapping"
            raise _error(f"a key is {what}; put a name that has brackets or braces in quotes", key.start_mark)
        if key.value in seen:
            raise _error(f"{key.value} is given twice", key.start_mark)
        seen.add(key.value)
    return loader.construct_mapping(node, deep=True)


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    if len(node.value) > _MOST_DIGITS:
        raise _error(f"{_shown(node)} has too many digits for a number; put a name in quotes", node.start_mark)
    number = loader.construct_yaml_int(node)
    if re.fullmatch(r"[-+]?0\d+|.*:.*", node.value):
        problem = f'YAML reads {node.value} as the number {number}; put it in quotes: "{node.value}"'
        raise _error(problem, node.start_mark)
    return int(number)


def _refuse(kind: str) -> Callable[[_Loader, yaml.Node], Any]:
    def refuse(_: _Loader, node: yaml.Node) -> Any:
        if isinstance(node, yaml.ScalarNode):
            raise _error(f'YAML reads {_shown(node)} as {kind}; put it in quotes: "{_shown(node)}"', node.start_mark)
        raise _error(f"is {kind} for YAML, which no key takes; write a list", node.start_mark)

    return refuse


def _refuse_tag(_: _Loader, node: yaml.Node) -> Any:
    raise _error(f"the tag {_tag(node)[:_MOST_DIGITS]} means nothing here; leave it out", node.start_mark)


def _error(problem: str, mark: yaml.Mark) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _shown(node: yaml.Node) -> str:
    """Begin of what stands in the file for a node."""
    text = str(node.value) if isinstance(node, yaml.ScalarNode) else "what follows"
    return text if len(text) <= _MOST_DIGITS else f"{text[:_MOST_DIGITS]}..."


def _tag(node: yaml.Node) -> str:
    return str(node.tag).replace(_TAG, "!!")


_Loader.add_constructor(None, _refuse_tag)
_Loader.add_constructor(f"{_TAG}map", _construct_mapping)
_Loader.add_constructor(f"{_TAG}int", _construct_int)
for _name, _kind in _KINDS.items():
    _Loader.add_constructor(f"{_TAG}{_name}", _refuse(_kind))
