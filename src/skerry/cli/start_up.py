"""What a command does for a quick start and a quick end: all the tricks of the command line, each with what it saves.

In a workflow of many small jobs the start of a process is most of its time, and that is nearly all imports. Unless
another thing is named, the figures are processor time of `skerry signal` on 64 x 64 pixels, 0.25 s in all. What saves
less than 30 ms of it, or 3 % of a step on a large image, is not done; benchmarks/README.md has the table.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = [
    "begin_checksums_of_inputs",
    "end_quickly",
    "ignore_garbage",
    "import_fits",
    "import_numpy",
    "import_wcs",
    "inputs_of",
    "keep_freed_memory",
    "search_garbage_of_command",
]

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_OUTPUTS = ("plot", "noise_grid", "pictures", "table")
"""Arguments that name outputs, beside those that say so."""
_DOWNLOADS = "astropy.utils.data"
_FOR_NUMPY = {"OPENBLAS_NUM_THREADS": "1", "NUMPY_MADVISE_HUGEPAGE": "0"}


def import_numpy() -> None:
    """Import NumPy without threads for its linear algebra, and without huge pages; what this process starts has both.

    OpenBLAS starts a thread for every core when it is loaded, which looks for work some 20 ms long before it sleeps;
    there is none, for matrices are 2 x 2 here: without them a start saves 30 ms on two cores, and more for each further
    one. NumPy asks for pages of 2 MB for arrays from 4 MB on, of which a virtual machine may have to get each from its
    host: without them `mask` with adaptive boxes saves 0.15 of 1.25 s on 8192 x 8192 pixels; other steps take the same.
    """
    if "numpy" in sys.modules:
        return
    chosen = {name: value for name, value in _FOR_NUMPY.items() if name not in os.environ}
    os.environ.update(chosen)
    try:
        importlib.import_module("numpy")
    finally:
        for name in chosen:
            del os.environ[name]


def import_fits() -> None:
    """Import `astropy.io.fits` without what it needs for files from the network; saves 90 ms.

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


def import_wcs() -> None:
    """Import `astropy.wcs` without what is for its objects of coordinates; saves 200 ms of a mosaic or an extraction.

    These need `astropy.coordinates`, the constants and much more. Grids have no `pixel_to_world` afterwards, which is
    not called here: `skerry.sky` goes to the sky by numbers. What asks for `astropy.wcs.utils` later gets it.
    """
    if "astropy.wcs" in sys.modules or "astropy.coordinates" in sys.modules:
        return
    utils, objects = ModuleType("astropy.wcs.utils"), ModuleType("astropy.wcs.wcsapi.fitswcs")
    for name in ("FITSWCSAPIMixin", "SlicedFITSWCS"):
        setattr(objects, name, type(name, (), {}))
    stand_ins = {module.__name__: module for module in (utils, objects)}
    sys.modules.update(stand_ins)
    try:
        importlib.import_module("astropy.wcs")
    finally:
        for name, module in stand_ins.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def ignore_garbage() -> None:
    """Let no search for garbage happen while modules are imported, which make many objects and none; see below."""
    gc.disable()


def search_garbage_of_command() -> None:
    """Search for garbage again, but not among the modules that are imported by now."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def end_quickly() -> None:
    """Leave all modules out of the search for garbage with which Python ends; saves 80 ms with the two above."""
    gc.freeze()


def keep_freed_memory() -> None:
    """Let each band use the memory of those before it; saves 1 to 11 % of a step on 4096 x 4096 pixels.

    That is 0.1 s of `scale-mask`, 3 % of `flood`, `erode` and `mask`, 1 % of `noise`. Fresh pages cost more than most
    of the arithmetic, and the C library of GNU otherwise gives arrays back to the system as soon as they are freed.
    """
    import ctypes

    with suppress(AttributeError, OSError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in ((_M_MMAP_THRESHOLD, 1 << 30), (_M_TRIM_THRESHOLD, 1 << 30), (_M_ARENA_MAX, 1)):
            mallopt(parameter, value)


def begin_checksums_of_inputs(paths: Sequence[Path]) -> None:
    """Begin the checksums of the files that a command makes others of; hides up to 0.5 s for each GB of them.

    On 8192 x 8192 pixels that is 0.03 s of the 0.4 s of `split-scales`, and 0 to 0.2 s of the 1.2 s of `signal`, as the
    cores are idle: the checksums are made while libraries are imported.
    """
    if paths:
        from skerry.io.checksums import begin_checksums

        begin_checksums(paths)


def inputs_of(given: Mapping[str, object]) -> list[Path]:
    """Files that a command makes others of.

    Parameters
    ----------
    given : mapping of str to object
        Arguments of the command.

    Returns
    -------
    list of Path
        Those that are paths, or lists of them, and name no output; none of a command that makes nothing.
    """
    if "overwrite" not in given:
        return []
    return [*_paths(value for name, value in given.items() if not name.endswith("output") and name not in _OUTPUTS)]


def _paths(values: Iterable[object]) -> Iterator[Path]:
    for value in values:
        yield from (path for path in (value if isinstance(value, list) else [value]) if isinstance(path, Path))


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
