"""Random masking options that are valid, and other values of one of them."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from skerry.config.clips import FLOORS
from skerry.config.options import MaskingOptions

SCALES = st.sampled_from([(0,), (0, 8), (4, 8, 16)])
BEAMS = st.sampled_from([(1,), (2, 4, 8)])


def values_of(name: str, field: FieldInfo) -> st.SearchStrategy[Any]:
    """Values that an option may have."""
    kinds = {field.annotation, *get_args(field.annotation)}
    choices = [choice for kind in kinds for choice in get_args(kind) if isinstance(choice, str)]
    choices += [kind for kind in kinds if isinstance(kind, str)]
    nothing = st.none() if type(None) in kinds else st.nothing()
    if name == "beam_shape_erode_scales":
        return nothing | SCALES
    if name == "flood_fill_diffuse_beams":
        return nothing | BEAMS
    if choices:
        return nothing | st.sampled_from(sorted(choices))
    if bool in kinds:
        return nothing | st.booleans()
    bounds = {
        kind: getattr(part, kind) for part in field.metadata for kind in ("ge", "gt", "lt") if hasattr(part, kind)
    }
    least = bounds.get("ge", bounds.get("gt", 0))
    if int in kinds:
        return nothing | st.integers(least, least + 100)
    above, below = "gt" in bounds, "lt" in bounds
    return nothing | st.floats(least, bounds.get("lt", least + 100), exclude_min=above, exclude_max=below)


@st.composite
def masking_options(draw: st.DrawFn, model: type[MaskingOptions] = MaskingOptions) -> MaskingOptions:
    """Some options, set to something, so that none contradicts another."""
    options = {name: values_of(name, field) for name, field in model.model_fields.items()}
    given = draw(st.fixed_dictionaries({}, optional=options))
    if given.get("flood_fill_statistic") not in (None, "mac"):
        given.pop("flood_fill_use_mac", None)
    by_mac = given.get("flood_fill_use_mac") or given.get("flood_fill_statistic") == "mac"
    if given.get("both_signs") and (by_mac or given.get("convolve_first")):
        given["both_signs"] = False
    if given.get("convolve_first") and given.get("beam_shape_erode_scales") is None:
        given["beam_shape_erode_scales"] = draw(SCALES)
    for floor, seed in FLOORS.items():
        low, high = (given.get(name, model.model_fields[name].default) for name in (floor, seed))
        if low > high:
            given[floor] = high
    return model(**given)
