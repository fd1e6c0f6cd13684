"""Steps that work on cubes too: what they have to be asked, and how they go on when they meet one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from skerry.io.cube_files import SeveralPlanesError

__all__ = ["of_each_plane"]

Parameters = ParamSpec("Parameters")
Made = TypeVar("Made")


def of_each_plane(step: Callable[Parameters, Made]) -> Callable[Parameters, Made]:
    """Let a step on an image work on cubes too.

    Parameters
    ----------
    step : callable
        Its first parameter is the image that it is about, or several. It has a parameter `planes` for a `PlaneChoice`.

    Returns
    -------
    callable
        Of an image of a single plane the step itself. Of a cube, which is one that the step refuses as such, it does
        what `skerry.steps.cube_steps.made_of_cube` does.
    """

    @wraps(step)
    def made(*args: Parameters.args, **given: Parameters.kwargs) -> Made:
        met: SeveralPlanesError | None = None
        if given.get("planes") is None:
            try:
                return step(*args, **given)
            except SeveralPlanesError as error:
                met = error
        bound = inspect.signature(step).bind(*args, **given).arguments
        first = next(iter(bound.values()))
        if not isinstance(first, str | Path) and not first:
            # The step says that there are no images.
            return step(*args, **given)
        image = Path(first if isinstance(first, str | Path) else first[0])
        if met is not None and met.path != image:
            raise met
        # Imported here: most images have a single plane.
        from skerry.steps.cube_steps import made_of_cube

        return made_of_cube(partial(step, *args, **given), image, bound)

    return made
