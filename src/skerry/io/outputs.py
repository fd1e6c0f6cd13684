"""The files that a command is to write: their names, and whether they may be written at all.

Both are settled before any work: a command that fails on an existing file after hours has wasted them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from skerry.config.input_files import reason_of
from skerry.errors import SkerryError
from skerry.io.run_locks import refuse_within_a_run
from skerry.io.unpacked import PACKED_SUFFIXES
from skerry.io.whole_files import telling_os_errors

__all__ = ["check_outputs", "default_output", "scale_output_beside"]

_FITS_SUFFIXES = (*PACKED_SUFFIXES, ".fits", ".fit", ".fts")


def default_output(image: str | Path, product: str) -> Path:
    """Default name of a product of an image, beside it.

    Parameters
    ----------
    image : path
        What the product is made from.
    product : str
        What it is: a part of the name.

    Returns
    -------
    Path
        X.`product`.fits for X.fits. The name of an earlier product in X is replaced.

    Raises
    ------
    SkerryError
        If the image has no name, as the directory ".", or has that of the product itself.

    Examples
    --------
    >>> default_output("x.fits", "signal").name
    'x.signal.fits'
    >>> default_output("x.signal.fits", "mask").name
    'x.mask.fits'
    """
    path = Path(image)
    stem = path.name
    if not stem:
        raise SkerryError(f"{path}: is a directory; give a FITS file")
    while (suffix := Path(stem).suffix.lower()) in _FITS_SUFFIXES:
        stem = stem[: -len(suffix)]
    for earlier in (".signal", ".seeds", ".islands", ".mask", ".scalemask"):
        if stem.endswith(earlier) and stem != earlier:
            stem = stem[: -len(earlier)]
    output = path.with_name(f"{stem}.{product}.fits")
    if output == path:
        is_product = f"{path}: is by its name the {product} that is to be made"
        raise SkerryError(f"{is_product}; give the image that it is made of, or another name for the output")
    return output


def scale_output_beside(
    source: Path, scales: Sequence[int] | None, scale_output: Path | None, needs: str
) -> Path | None:
    """Name of the scale mask that goes with a mask.

    Parameters
    ----------
    source : Path
        The name that is given to the mask, or what it is made from.
    scales : sequence of int, optional
        Scales of the mask; without them there is no scale mask.
    scale_output : Path, optional
        The name that is asked for; by default X.scalemask.fits for X.fits.
    needs : str
        What a scale mask needs, for the error.

    Returns
    -------
    Path, or None
        The name; None if there is no scale mask.

    Raises
    ------
    SkerryError
        If there is a name but no scales.
    """
    if scales is not None:
        return scale_output or default_output(source, "scalemask")
    if scale_output is not None:
        raise SkerryError(f"{scale_output}: a scale mask needs {needs}")
    return None


def check_outputs(
    files: Iterable[Path],
    inputs: Iterable[str | Path] = (),
    overwrite: bool = False,
    *,
    directories: Iterable[Path] = (),
    make_parents: bool = False,
    instead: str = "name for the output",
) -> None:
    """Check, before any work, that the outputs may be written.

    Parameters
    ----------
    files : iterable of Path
        The outputs that are files.
    inputs : iterable of Path
        What the command reads.
    overwrite : bool
        Whether outputs may be replaced.
    directories : iterable of Path
        The outputs that are directories.
    make_parents : bool
        Whether to make the directories that the outputs are to lie in, once all else is well, rather than to ask for
        them.
    instead : str
        Of what a user may choose another one, for the messages.

    Raises
    ------
    SkerryError
        If an output is an input, is given twice, exists while `overwrite` is false, is a directory where a file is to
        be, has the name of a compressed file, or has no directory to lie in, or one that cannot be written to, or is
        being made by a run of the workflow.
    """
    files, directories = [Path(p) for p in files], [Path(p) for p in directories]
    sources = {os.path.realpath(p) for p in inputs}
    seen: set[str] = set()
    for path in (*files, *directories):
        exists = _exists(path, instead)
        real = os.path.realpath(path)
        if real in sources:
            raise SkerryError(f"{path}: is an input of this command and cannot be its output; choose another {instead}")
        if real in seen:
            raise SkerryError(f"{path}: is the name of two outputs; give each its own")
        seen.add(real)
        refuse_within_a_run(path)
        if path in files and path.suffix.lower() in PACKED_SUFFIXES:
            # What is written band by band, where it belongs, is not compressed, and must not look as if it were.
            raise SkerryError(f"{path}: outputs are not compressed; name it {path.stem}, and compress it afterwards")
        if exists and path in files and path.is_dir():
            raise SkerryError(f"{path}: is a directory where a file is to be written; choose another {instead}")
        if exists and not overwrite:
            raise SkerryError(f"{path}: exists; give `overwrite` to replace it, or choose another {instead}")
        if not make_parents and not Path(real).parent.is_dir():
            raise SkerryError(f"{path}: its directory {path.parent} does not exist; make it first")
        if not make_parents and not os.access(Path(real).parent, os.W_OK | os.X_OK):
            raise SkerryError(f"{path}: its directory {path.parent} cannot be written to; choose another {instead}")
        if exists and not (path.is_file() or path.is_dir()):
            raise SkerryError(f"{path}: is a pipe, a socket or a device, which stays; choose another {instead}")
    if make_parents:
        for folder in sorted({path.parent for path in (*files, *directories)}):
            with telling_os_errors(f"{folder}: cannot be made"):
                folder.mkdir(parents=True, exist_ok=True)


def _exists(path: Path, instead: str) -> bool:
    """Whether there is something of a name, or where its link leads; raises an error where the system refuses it."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError) as error:
        raise SkerryError(f"{path}: cannot be written: {reason_of(error)}; choose another {instead}") from error
    return True
