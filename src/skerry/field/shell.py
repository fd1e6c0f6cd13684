"""Commands of the user's with places for file names: checked so that no name that is filled in runs as shell code.

The command itself is the user's own and is trusted; a name is quoted. Quoting is right only where the shell reads
words, so a place for a name inside quotes, or where the shell would read it twice, is refused before anything runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

__all__ = ["check_command", "fill_command", "placeholders_of", "shell_template"]

_PLACEHOLDER = re.compile(r"(?<![\$\{])\{([A-Za-z_]\w*)\}")
_LITERAL_OR_PLACEHOLDER = re.compile(r"\{(\{[A-Za-z_]\w*\})\}|" + _PLACEHOLDER.pattern)
_TOKEN = re.compile(
    r"""
    (?P<escape>\\.)
    | (?P<quoted>\$'(?:[^'\\]|\\.)*'|(?<!\$)'[^']*')
    | (?P<double>"(?:[^"\\]|\\.)*")
    | (?P<comment>(?:\A|(?<=[\s;|&()]))\#[^\n]*)
    | (?P<here_string><<<)
    | (?P<refused><<|`|\(\(|\$\Z|['"\\])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_WITHIN_DOUBLE_QUOTES = re.compile(r"\\.|(`|\$\(|\$\{(?!\w+\}))", re.DOTALL)
_READ_TWICE = {"<<": "a here-document", "`": "backquotes", "((": "arithmetic"}
_UNFINISHED = {
    "'": "a quote without its partner",
    '"': "a quote without its partner",
    "\\": "a backslash at its end",
    "$": "a dollar sign at its end",
}


def placeholders_of(text: str) -> set[str]:
    """Names in braces in a command: `{ms}`, but not `${HOME}`, nor the literal `{{word}}`."""
    return {match[1] for match in _PLACEHOLDER.finditer(text)}


def check_command(text: str, names: set[str], words: set[str]) -> None:
    """Check that a command can be filled in.

    Parameters
    ----------
    text : str
        The command, or a part of one, for bash.
    names : set of str
        Placeholders of file names, which have to stand where the shell reads words.
    words : set of str
        Placeholders of what holds nothing that the shell could take for code; they may stand anywhere.

    Raises
    ------
    ValueError
        If there is a placeholder that is in neither set, a name inside quotes or after a backslash, or something in
        which quoting cannot be relied on.
    """
    found = placeholders_of(text)
    if unknown := sorted(found - names - words):
        choice = ", ".join(f"{{{name}}}" for name in sorted(names | words))
        raise ValueError(
            f"{{{unknown[0]}}} is not a placeholder here; use {choice}, or {{{{{unknown[0]}}}}} for literal braces"
        )
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup, match[0]
        inside = token
        if kind == "escape":
            following = _PLACEHOLDER.match(text, match.start() + 1)
            inside = following[0] if following else ""
        if kind in ("quoted", "double", "escape"):
            for name in sorted(placeholders_of(inside) & names):
                raise ValueError(
                    f"{{{name}}} stands in quotes or after a backslash; take those away: what is filled in is quoted"
                )
        nested = _nested(token) if kind == "double" else None
        refused = token if kind == "refused" else nested
        if refused in _UNFINISHED:
            raise ValueError(f"has {_UNFINISHED[refused]}")
        if refused:
            what = _READ_TWICE.get(refused, f"{refused}... in double quotes")
            raise ValueError(f"has {what}, where names cannot be quoted safely; put that in a script and call it")


def _nested(double_quoted: str) -> str | None:
    """What inside double quotes the shell would read as code of its own."""
    return next((match[1] for match in _WITHIN_DOUBLE_QUOTES.finditer(double_quoted) if match[1]), None)


def fill_command(text: str, values: Mapping[str, object]) -> str:
    """Replace the placeholders of a checked command by values, which are quoted already where they need it."""
    return "".join(str(values[name]) if name else literal for literal, name in _parts(text))


def shell_template(text: str, replacements: Mapping[str, str]) -> str:
    """Turn a checked command into the text of a rule's shell directive.

    Parameters
    ----------
    text : str
        The command.
    replacements : mapping of str to str
        By placeholder, what Snakemake shall fill in, for instance ``{input.ms:q}``.

    Returns
    -------
    str
        The command, with all other braces doubled, as Snakemake wants those that are meant literally.
    """
    parts = _parts(text)
    return "".join(
        replacements[name] if name else literal.replace("{", "{{").replace("}", "}}") for literal, name in parts
    )


def _parts(text: str) -> Iterator[tuple[str, str | None]]:
    """Split a command at its placeholders: literal text, or the name of a placeholder."""
    position = 0
    for match in _LITERAL_OR_PLACEHOLDER.finditer(text):
        yield text[position : match.start()], None
        yield (match[1], None) if match[1] else ("", match[2])
        position = match.end()
    yield text[position:], None
