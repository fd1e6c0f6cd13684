"""Run the command lines `mask`, `extractmask` and `scales flatten`."""

from __future__ import annotations

import sys

from skerry.compat.eye_patch.cli import cli
from skerry.errors import SkerryError

if __name__ == "__main__":
    try:
        cli()
    except (SkerryError, FileExistsError, ValueError, KeyError) as error:
        print(f"eye-patch: error: {error.args[0] if isinstance(error, KeyError) else error}", file=sys.stderr)
        sys.exit(2)
