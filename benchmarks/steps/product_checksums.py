"""Checksums of products that two builds of skerry can be compared by.

A file counts with every byte, but for what must differ between two runs that do the same:

- the version of skerry in a FITS header (SKVERS, and HISTORY `skerry VERSION STEP`);
- in HISTORY the SHA-256 of an input that is itself a product, in place of which its checksum here stands;
- the time of writing in a header of WSClean, DATE;
- a measurement set, whose files hold bytes that nobody has set: its columns and keywords count.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CARD, BLOCK = 80, 2880
NO_PRODUCTS = {".snakemake", "logs", "benchmarks", ".cache"}
PADDED = 82
SHOWN = 32  # digits of a checksum


class Checksums:
    """Checksums of the products of some cases, of which the later ones may be made from the earlier ones."""

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}
        self._known: dict[str, str] = {}

    def of_directory(self, directory: Path, leave_out: set[str]) -> dict[str, str]:
        """Checksums of all products in a directory, by name relative to it; links are none, nor is what is left out."""
        found: dict[str, str] = {}
        files = []
        for path in products(directory):
            name = path.relative_to(directory).as_posix()
            if {name, name.split("/")[0]} & leave_out:
                continue
            if path.is_dir():
                found |= {f"{name}/{table}": value for table, value in measurement_set(path).items()}
                continue
            raw = sha256(path.read_bytes())
            self._paths.setdefault(raw, path)
            files.append((name, raw))
        return found | {name: self._of(raw) for name, raw in files}

    def _of(self, raw: str) -> str:
        """Checksum of a product that is known by the plain checksum of its bytes."""
        if raw not in self._known:
            self._known[raw] = sha256(self._comparable(self._paths[raw].read_bytes()))
        return self._known[raw][:SHOWN]

    def _comparable(self, content: bytes) -> bytes:
        """Content of a file without what must differ."""
        if not content.startswith(b"SIMPLE  ="):
            return content
        end = header_end(content)
        cards = [content[n : n + CARD] for n in range(0, end, CARD)]
        by_wsclean = any(card.startswith(b"ORIGIN  = 'WSClean") for card in cards)
        kept = [self._card(card) for card in cards if not (by_wsclean and card.startswith(b"DATE    ="))]
        return b"".join(kept) + content[end:]

    def _card(self, card: bytes) -> bytes:
        if card.startswith(b"SKVERS  ="):
            return b"SKVERS"
        if re.match(rb"HISTORY skerry \S+ ", card):
            # Padded anew, for versions are of different lengths.
            return re.sub(rb" skerry \S+ ", b" skerry VERSION ", card, count=1).rstrip().ljust(PADDED)
        made_from = re.match(rb"HISTORY sha256:([0-9a-f]{64})", card)
        if made_from and (raw := made_from[1].decode()) in self._paths:
            return b"HISTORY product " + self._of(raw).encode()
        return card


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def header_end(content: bytes) -> int:
    """Where the blocks of the first header of a FITS file end."""
    for start in range(0, len(content), CARD):
        if content[start : start + CARD].rstrip() == b"END":
            return -(-(start + CARD) // BLOCK) * BLOCK
    return 0


def products(directory: Path) -> Iterator[Path]:
    """Files below a directory, and measurement sets as one each; no links, and none of what tells of a run only."""
    for path in sorted(directory.iterdir()):
        if path.is_symlink() or path.name in NO_PRODUCTS:
            continue
        if path.is_dir() and not (path / "table.info").exists():
            yield from products(path)
        elif path.suffix != ".log":
            yield path


def measurement_set(path: Path) -> dict[str, str]:
    """Checksum of each table of a measurement set: of its keywords, and of its columns by name, row by row."""
    from casacore import tables

    found = {}
    for directory in (path, *sorted(inner for inner in path.iterdir() if inner.is_dir())):
        with tables.table(str(directory), ack=False) as table:
            digest = hashlib.sha256(repr(table.getkeywords()).replace(str(path.resolve()), "").encode())
            for column in sorted(table.colnames()):
                digest.update(f"{column} {table.getcoldesc(column)}".encode())
                for cell in cells(table, column):
                    digest.update(cell)
        found["main" if directory == path else directory.name] = digest.hexdigest()[:SHOWN]
    return found


def cells(table: Any, column: str) -> Iterator[bytes]:
    """Bytes of the cells of a column."""
    for row in range(table.nrows()):
        if table.iscelldefined(column, row):
            value = table.getcell(column, row)
            yield f"{row} {type(value)} {getattr(value, 'dtype', '')} {getattr(value, 'shape', '')}".encode()
            yield value.tobytes() if hasattr(value, "tobytes") else repr(value).encode()
