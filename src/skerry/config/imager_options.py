"""Options of imagers with which components come outside a mask: a table, and the sentences that tell of them.

As seen with WSClean 3.1, 3.6 and 3.7, and DDFacet 1.0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from skerry.config.imagers import IMAGERS, ImagerUse

__all__ = ["OPTION_TRAPS", "OptionTrap", "option_warnings"]


@dataclass(frozen=True)
class OptionTrap:
    """An option with which an imager does not keep to a mask.

    Attributes
    ----------
    name : str
        Of its row in docs/imagers.md.
    imager : str
        One of `IMAGERS`.
    holds : callable
        Whether an `ImagerUse` has it.
    happens : str
        The option, and what happens.
    mend : str
        What to do.
    """

    name: str
    imager: str
    holds: Callable[[ImagerUse], bool]
    happens: str
    mend: str


OPTION_TRAPS = (
    OptionTrap(
        "-casa-mask",
        "wsclean",
        lambda use: use.has("casa-mask"),
        "-casa-mask cannot be used in 3.6 and 3.7 as they are packaged",
        "give the FITS mask to -fits-mask",
    ),
    OptionTrap(
        "-python-deconvolution",
        "wsclean",
        lambda use: use.has("python-deconvolution"),
        "-python-deconvolution is not handed the mask",
        "leave it out",
    ),
    OptionTrap(
        "-iuwt",
        "wsclean",
        lambda use: use.has("iuwt"),
        "-iuwt puts some 2 % of the model outside the mask",
        "leave it out",
    ),
    OptionTrap(
        "-asp",
        "wsclean",
        lambda use: use.has("asp"),
        "-asp puts some 2 % of the model outside the mask",
        "leave it out",
    ),
    OptionTrap(
        "-continue",
        "wsclean",
        lambda use: use.has("continue") and not use.has("auto-mask", "automask"),
        "-continue keeps what the model before has outside the mask",
        "begin with an empty model",
    ),
    OptionTrap(
        "-continue with -auto-mask",
        "wsclean",
        lambda use: use.has("continue") and use.has("auto-mask", "automask"),
        "-continue with -auto-mask puts new components outside the mask",
        "leave one of the two out",
    ),
    OptionTrap(
        "--Mask-Auto",
        "ddfacet",
        lambda use: use.values("Mask-Auto")[:1] not in ([], ["0"], ["False"]),
        "--Mask-Auto adds what it finds itself to the mask",
        "leave it out",
    ),
)


def option_warnings(use: ImagerUse) -> list[str]:
    """Tell of the options of an imager with which components come outside a mask.

    Parameters
    ----------
    use : ImagerUse
        With its options.

    Returns
    -------
    list of str
        A sentence each.
    """
    traps = [trap for trap in OPTION_TRAPS if trap.imager == use.imager and trap.holds(use)]
    return [f"{IMAGERS[trap.imager]}: {trap.happens}; {trap.mend}" for trap in traps]
