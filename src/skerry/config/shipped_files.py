"""Where the files lie that belong to skerry and are no Python: the Snakefile, its rules and profiles, the presets.

They lie in the wheel, or at the root of the checkout that an editable installation points to.
"""

from __future__ import annotations

from pathlib import Path

from skerry.errors import SkerryError

__all__ = ["shipped_root"]


def shipped_root() -> Path:
    """Directory of the Snakefile, its rules and profiles, and the presets.

    Returns
    -------
    Path
        Within the package, or the checkout that it is installed from.

    Raises
    ------
    SkerryError
        If skerry was installed without them.
    """
    package = Path(__file__).resolve().parents[1]
    for root in (package / "_workflow", package.parents[1]):
        if (root / "Snakefile").is_file() and (root / "rules").is_dir():
            return root
    raise SkerryError(f"{package}: was installed without the workflow; install skerry again from its checkout or wheel")
