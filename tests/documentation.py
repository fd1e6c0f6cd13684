"""Commands and YAML of the documentation, as they stand in its code blocks."""

from __future__ import annotations

import re
from typing import NamedTuple

from conftest import REPOSITORY

PAGES = ("README.md", "config/README.md", *sorted(f"docs/{path.name}" for path in (REPOSITORY / "docs").glob("*.md")))

_PROGRAMS = ("skerry", "snakemake", "python", "python3", "pip", "pytest", "bash", "wsclean", ".")
_FENCE = re.compile(r"^```(\w*)$")


class Block(NamedTuple):
    """A code block."""

    page: str
    line: int
    language: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """Commands for the shell, without the comments behind them."""
        text = "\n".join(self.lines).replace("\\\n", " ")
        lines = (re.sub(r"\s+#.*$", "", line).strip() for line in text.splitlines())
        return [line for line in lines if line.split() and line.split()[0] in _PROGRAMS]


def blocks_of(page: str) -> list[Block]:
    """Code blocks of a page: those in fences, and those that are indented by four columns."""
    blocks: list[Block] = []
    taken: list[str] = []
    start, language = 0, None
    lines = (REPOSITORY / page).read_text().splitlines()
    for number, line in enumerate([*lines, ""], start=1):
        fence = _FENCE.match(line)
        if fence and language is None:
            start, language, taken = number, fence[1], []
        elif fence or (language == "" and taken and start < 0 and not line.startswith("    ")):
            blocks.append(Block(page, abs(start), language or "", tuple(taken)))
            language = None
        elif language is not None:
            taken.append(line)
        elif line.startswith("    ") and not lines[number - 2].strip():
            start, language, taken = -number, "", [line]
    return blocks


def all_blocks() -> list[Block]:
    """Code blocks of all pages."""
    return [block for page in PAGES for block in blocks_of(page)]


def is_yaml(block: Block) -> bool:
    """Whether a block is YAML of a field, in a fence or indented."""
    is_key = re.match(r"\s*(?!skerry: )[a-z_]+: ", block.lines[0])  # The other is what a command tells.
    return block.language == "yaml" or (not block.language and is_key is not None)
