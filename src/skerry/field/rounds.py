"""Which rounds of self-calibration get a mask.

Early rounds may be imaged without one, so the rule is the user's: all, from one on, or a list.
"""

from __future__ import annotations

from collections.abc import Collection
from operator import index

from skerry.errors import SkerryError

__all__ = ["consider_beam_mask_round"]


def consider_beam_mask_round(
    current_round: int,
    mask_rounds: str | int | Collection[int] | None,
    allow_beam_masks: bool = True,
) -> bool:
    """Whether a round of self-calibration gets a mask.

    Parameters
    ----------
    current_round : int
        The round that is asked about.
    mask_rounds : str, int, collection of int or None
        "all" (in any case) for every round; an integer for that round and all later ones; a collection for the rounds
        in it; None, or the text "none", for no round. NumPy integers will do.
    allow_beam_masks : bool
        False denies every round.

    Returns
    -------
    bool
        True if it gets one.

    Raises
    ------
    SkerryError
        If `mask_rounds` is none of these.

    Examples
    --------
    >>> [consider_beam_mask_round(k, 2) for k in (1, 2, 3)]
    [False, True, True]
    >>> consider_beam_mask_round(2, [1, 3])
    False
    """
    wrong = SkerryError(f"mask_rounds: {mask_rounds!r} is not 'all', 'none', a round or a list of rounds")
    if isinstance(mask_rounds, str):
        word = mask_rounds.strip().lower()
        if word not in ("all", "none"):
            raise wrong
        return allow_beam_masks and word == "all"
    if mask_rounds is None:
        return False
    if isinstance(mask_rounds, bool):
        raise wrong
    try:
        if isinstance(mask_rounds, Collection) and getattr(mask_rounds, "ndim", True):
            chosen = index(current_round) in {index(wanted) for wanted in mask_rounds}
        else:
            chosen = index(current_round) >= index(mask_rounds)  # type: ignore[arg-type]
    except TypeError:
        raise wrong from None
    return allow_beam_masks and chosen
