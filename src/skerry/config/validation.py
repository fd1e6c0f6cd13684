"""What a model says of a value that it does not take, in words that its user knows."""

from __future__ import annotations

import re

__all__ = ["in_plain_words"]

_HOW = re.compile(r", (?:unable to (?:parse|interpret)|got an? (?:number|integer|string))[^;]*")


def in_plain_words(told: str) -> str:
    """Say what is wrong with a value as the user of an option would.

    Parameters
    ----------
    told : str
        What pydantic says.

    Returns
    -------
    str
        The same of the value, without the reader's inside.

    Examples
    --------
    >>> in_plain_words("Input should be a valid integer, unable to parse string as an integer")
    'must be a valid integer'
    """
    return _HOW.sub("", told.replace("Value error, ", "").replace("Input should be", "must be"))
