"""Where the functions of this package tell what the user should know: the logger that eye-patch has."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from skerry.errors import SkerryWarning

__all__ = ["LOGGER", "warnings_logged"]

LOGGER = logging.getLogger("eye-patch")


@contextmanager
def warnings_logged() -> Iterator[None]:
    """Log the warnings of skerry's functions; others are raised as ever."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", SkerryWarning)
        yield
    for warning in caught:
        if issubclass(warning.category, SkerryWarning):
            LOGGER.warning(str(warning.message))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
