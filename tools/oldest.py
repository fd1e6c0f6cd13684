"""The oldest versions that pyproject.toml admits, as requirements for an environment: `NAME==VERSION` a line.

    python tools/oldest.py test casacore >oldest.txt

What they need in turn is left to the installer, which takes the newest that goes with them. An extra of
skerry within another is left out: the plugin for SLURM asks for a newer NumPy than the rest.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["oldest_of"]

_REQUIREMENT = re.compile(r"(?P<name>[\w-]+)(>=(?P<version>[\d.]+))?(?P<marker>\s*;.*)?$")


def oldest_of(project: Mapping[str, Any], extras: Iterable[str]) -> list[str]:
    """Requirements of the oldest versions.

    Parameters
    ----------
    project : mapping
        Table `project` of pyproject.toml.
    extras : iterable of str
        Of which requirements are wanted besides.

    Returns
    -------
    list of str
        Sorted, each once.

    Raises
    ------
    ValueError
        If a requirement says anything but the oldest version.
    """
    wanted = [one for extra in extras for one in project["optional-dependencies"][extra]]
    found = set()
    for requirement in (*project["dependencies"], *wanted):
        if requirement.startswith("skerry["):
            continue
        match = _REQUIREMENT.match(requirement)
        if match is None:
            raise ValueError(f"{requirement}: is not of the form NAME>=VERSION")
        version = f"=={match['version']}" if match["version"] else ""
        found.add(f"{match['name']}{version}{match['marker'] or ''}")
    return sorted(found)


if __name__ == "__main__":
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text()
    print("\n".join(oldest_of(tomllib.loads(text)["project"], sys.argv[1:])))
