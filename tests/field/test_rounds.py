"""Which rounds get a mask."""

from __future__ import annotations

import numpy as np
import pytest

from skerry import SkerryError, consider_beam_mask_round


@pytest.mark.parametrize(
    ("rule", "masked"),
    [
        ("all", [0, 1, 2, 3]),
        ("ALL", [0, 1, 2, 3]),
        (2, [2, 3]),
        (np.int64(2), [2, 3]),
        (np.array(2), [2, 3]),
        ([1, 3], [1, 3]),
        ((1, 3), [1, 3]),
        ({1, 3}, [1, 3]),
        (np.array([1, 3]), [1, 3]),
        ([np.int16(3)], [3]),
        ([], []),
        (None, []),
        ("none", []),
    ],
)
def test_the_rule_chooses_the_rounds(rule, masked):
    assert [k for k in range(4) if consider_beam_mask_round(k, rule)] == masked


def test_a_numpy_round_is_a_round():
    assert consider_beam_mask_round(np.int32(3), [1, 3])


@pytest.mark.parametrize("rule", ["all", 0, [0]])
def test_a_global_deny_wins(rule):
    assert not consider_beam_mask_round(0, rule, allow_beam_masks=False)


@pytest.mark.parametrize("rule", ["some", 1.5, True, ["1"], [1.5], {"all": 1}])
def test_anything_else_is_refused(rule):
    with pytest.raises(SkerryError, match="mask_rounds"):
        consider_beam_mask_round(1, rule)
