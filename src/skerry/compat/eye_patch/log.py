"""Where the functions of this package tell what the user should know: the logger that eye-patch has."""

from __future__ import annotations

import logging

__all__ = ["LOGGER"]

LOGGER = logging.getLogger("eye-patch")
