"""Imagers that a mask can be for: their names, and what of their settings decides how they read a mask."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import PurePath

from skerry.errors import SkerryError

__all__ = ["IMAGERS", "SPECMODES", "ImagerUse", "imager_of_origin", "npix_of", "use_of_command", "version_of"]

IMAGERS = {
    "wsclean": "WSClean",
    "casa": "tclean",
    "ddfacet": "DDFacet",
    "pfb": "pfb kclean",
    "astroviper": "astroviper",
}
"""Names of `imager`, and what messages call the program."""

_PROGRAMS = {
    r"wsclean(-mp)?": "wsclean",
    r"(mpi)?casa\d*": "casa",
    r".*tclean.*\.(py|sh)": "casa",
    r"DDF(\.py)?": "ddfacet",
    r"pfb": "pfb",
}
"""Names of programs and scripts, and whose they are."""
_ORIGINS = {"WSClean": "wsclean", "CASA": "casa", "DDFacet": "ddfacet"}
SPECMODES = ("mfs", "mvc", "cube", "cubedata", "cubesource")
"""Of tclean."""
_SEPARATORS = re.compile(r"&&|\|\||[;|\n]")
_OF_MASK = ("{mask_argument}", "{mask}", "-fits-mask", "--Mask-External")


@dataclass(frozen=True)
class ImagerUse:
    """How an imager is called, as far as it decides how it reads a mask.

    Attributes
    ----------
    imager : str, optional
        One of `IMAGERS`.
    version : tuple of int
        Empty if it is not known.
    channels : int, optional
        Output channels.
    joined : bool
        Whether they are cleaned jointly, as with WSClean's -join-channels.
    size : tuple of int, optional
        Width and height that it is asked for; it may make others.
    specmode : str, optional
        That of tclean.
    multiscale : bool
        Whether it cleans with components of several scales.
    options : tuple of str
        Its command, in words; empty if that is not known.
    is_script : bool
        Whether it is called by a script, of which is not known what it does with a mask before.
    """

    imager: str | None = None
    version: tuple[int, ...] = ()
    channels: int | None = None
    joined: bool = False
    size: tuple[int, int] | None = None
    specmode: str | None = None
    multiscale: bool = False
    options: tuple[str, ...] = ()
    is_script: bool = False

    def has(self, *options: str) -> bool:
        """Whether the command has one of some options, by their names without dashes."""
        return any(word.startswith("-") and word.lstrip("-").partition("=")[0] in options for word in self.options)

    def values(self, option: str, number: int = 1) -> list[str]:
        """Words behind the last place of an option, as many as it has; empty if it is not there."""
        for place in reversed(range(len(self.options))):
            name, equals, value = self.options[place].lstrip("-").partition("=")
            if name == option and self.options[place].startswith("-"):
                return [value] if equals else list(self.options[place + 1 : place + 1 + number])
        return []

    @property
    def asked_size(self) -> str:
        """The size that it is asked for, in its own words; empty if that is not known."""
        if self.size is None:
            return ""
        nx, ny = self.size
        if self.imager == "wsclean":
            return f"-size {nx} {ny}"
        return f"{'--Image-NPix ' if self.imager == 'ddfacet' else 'imsize='}{nx if nx == ny else f'[{nx},{ny}]'}"

    def is_before(self, version: tuple[int, ...]) -> bool:
        """Whether it may be older than a version."""
        return not self.version or self.version < version


def use_of_command(command: str) -> ImagerUse:
    """What the command of an imager says of how it reads a mask.

    Parameters
    ----------
    command : str
        For bash; what stands in it for file names does not matter.

    Returns
    -------
    ImagerUse
        Without a name if no program of `IMAGERS` is certain to be called.

    Examples
    --------
    >>> use_of_command("wsclean -size 512 512 -channels-out 4 -join-channels x.ms").channels
    4
    >>> use_of_command("DDF.py --Image-NPix=[256,512]").size
    (256, 512)
    """
    found = [call for part in _SEPARATORS.split(command.replace("\\\n", " ")) if (call := _call(_words(part)))]
    if not found:
        return ImagerUse()
    imager, words = next((call for call in found if any(word in _OF_MASK for word in call[1])), found[0])
    plain = ImagerUse(imager, options=words, is_script=imager == "casa")
    if imager == "ddfacet":
        return replace(plain, size=npix_of("".join(plain.values("Image-NPix"))))
    if imager == "casa":
        return _with_parameters(plain)
    if imager != "wsclean":
        return plain
    channels = "".join(plain.values("channels-out") or plain.values("channelsout"))
    return replace(
        plain,
        channels=count_of(channels),
        joined=plain.has("join-channels", "joinchannels"),
        size=npix_of(",".join(plain.values("trim", 2) or plain.values("size", 2))),
        multiscale=plain.has("multiscale"),
    )


def imager_of_origin(origin: object) -> str | None:
    """Name of the imager that a value of ORIGIN, in the header of an image, names; None of any other."""
    return next((name for begin, name in _ORIGINS.items() if str(origin).strip().startswith(begin)), None)


def version_of(text: str) -> tuple[int, ...]:
    """Version of an imager, as 3.6 or 3.1.0.

    Parameters
    ----------
    text : str
        Numbers between dots.

    Returns
    -------
    tuple of int
        The numbers.

    Raises
    ------
    SkerryError
        If it is none.

    Examples
    --------
    >>> version_of("3.10") > version_of("3.6")
    True
    """
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})*", text.strip()) is None:
        raise SkerryError(f"`imager_version` {text}: is no version; give numbers with dots, as 3.6")
    return tuple(map(int, text.strip().split(".")))


def count_of(text: str) -> int | None:
    """Number of planes that an imager is asked for; None of what is no number above 0."""
    return int(text) or None if re.fullmatch(r"\d{1,9}", text) else None


def npix_of(text: str) -> tuple[int, int] | None:
    """Width and height of an image: of 256, of 256,512 and of [256,512]; None of what is no size."""
    found = re.fullmatch(r"\[?\s*(\d{1,9})\s*(?:,\s*(\d{1,9})\s*)?\]?", text.strip())
    if found is None:
        return None
    return int(found[1]), int(found[2] or found[1])


def _with_parameters(use: ImagerUse) -> ImagerUse:
    """What the parameters of tclean, as config/imagers/tclean.py has them, say."""
    given = dict(word.split("=", 1) for word in use.options if "=" in word)
    channels = given.get("nchan", "")
    return replace(
        use,
        size=npix_of(given.get("imsize", "")),
        specmode=given.get("specmode"),
        channels=count_of(channels),
        multiscale=given.get("deconvolver") == "multiscale",
    )


def _call(words: list[str]) -> tuple[str, tuple[str, ...]] | None:
    """Imager that a command calls, and its arguments; None if it calls none."""
    for place, word in enumerate(words):
        follows_option = place > 0 and words[place - 1].startswith("-")
        imager = next((name for program, name in _PROGRAMS.items() if re.fullmatch(program, PurePath(word).name)), None)
        if imager is not None and not follows_option:
            return imager, tuple(words[place + 1 :])
    return None


def _words(command: str) -> list[str]:
    """Words of a command; where its quotes end elsewhere, what is between blanks."""
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()
