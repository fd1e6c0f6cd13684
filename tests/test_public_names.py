"""What `import skerry` offers."""

from __future__ import annotations

import pytest

import skerry


@pytest.mark.parametrize("name", skerry.__all__)
def test_a_public_name_is_there_and_says_what_it_is(name: str) -> None:
    assert name in dir(skerry)
    assert getattr(skerry, name).__doc__


def test_a_name_that_is_not_public_is_not_found() -> None:
    with pytest.raises(AttributeError, match="no attribute 'masks'"):
        _ = skerry.masks
