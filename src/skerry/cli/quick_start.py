"""A quick start: what libraries do while they are imported, and no command needs, is left out.

In a workflow of many small jobs the start of the process is most of its time, and that is nearly all imports.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType
from typing import Any

__all__ = ["import_fits", "keep_freed_memory", "start_quickly"]

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_DOWNLOADS = "astropy.utils.data"


def start_quickly() -> None:
    """Prepare for imports; to be called before any library is imported."""
    # Modules make many objects and no garbage, which the collector would look for four hundred times.
    gc.set_threshold(50_000)
    # pydantic looks for plug-ins in every package that is installed.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # astropy makes its tile compressions codecs of this package wherever it is installed.
    sys.modules.setdefault("numcodecs", None)  # type: ignore[arg-type]


def import_fits() -> None:
    """Import `astropy.io.fits` without what it needs for files from the network: a quarter of the start.

    Its modules take functions for downloads from `astropy.utils.data`, which imports the units, constants and
    `urllib`. They get functions of the same names that import it when they are called.
    """
    if "astropy.io.fits" in sys.modules or _DOWNLOADS in sys.modules:
        return
    stand_in = sys.modules[_DOWNLOADS] = _Downloads(_DOWNLOADS)
    try:
        importlib.import_module("astropy.io.fits")
    finally:
        if sys.modules.get(_DOWNLOADS) is stand_in:
            del sys.modules[_DOWNLOADS]


def keep_freed_memory() -> None:
    """Let each band use the memory of those before it: fresh pages cost more than most of the arithmetic.

    The C library of GNU otherwise gives large arrays back to the system as soon as they are freed.
    """
    import ctypes

    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in ((_M_MMAP_THRESHOLD, 1 << 30), (_M_TRIM_THRESHOLD, 1 << 30), (_M_ARENA_MAX, 1)):
            mallopt(parameter, value)


class _Downloads(ModuleType):
    """Stands for a module of functions while others import from it."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*arguments: Any, **keywords: Any) -> Any:
            # An open file, which is all that is read here, is at no address.
            if name in ("_is_url", "_requires_fsspec") and not isinstance(arguments[0], str):
                return False
            return getattr(importlib.import_module(_DOWNLOADS), name)(*arguments, **keywords)

        return call
