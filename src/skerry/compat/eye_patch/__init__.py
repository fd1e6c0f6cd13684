"""The modules of eye-patch 2.0.1 by their names, on skerry's own functions.

A script goes on with `skerry.compat.eye_patch` in place of `eye_patch` in its imports, and
`python -m skerry.compat.eye_patch` in place of the program. Files have the names and types that eye-patch writes;
docs/compat.md says what differs.
"""

from __future__ import annotations

from skerry import __version__

__all__ = ["__version__"]
