"""Of YAML the plain subset is read, and all else is an error of one line, soon."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skerry.config.yaml_text import read_yaml
from skerry.errors import SkerryError

_NINES = [f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]" for n in range(9)]
_BOMB = "\n".join(["a: &a [x,x,x,x,x,x,x,x,x]", *_NINES])
_MERGED = [f"{chr(98 + n)}: &{chr(98 + n)} {{<<: [{','.join([f'*{chr(97 + n)}'] * 9)}]}}" for n in range(9)]
_MERGE_BOMB = "\n".join(["a: &a {x: 1}", *_MERGED])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 2001-01-01", "line 1: YAML reads 2001-01-01 as a date; put it in quotes"),
        ("a: 2001-99-99", "as a date; put it in quotes"),
        ("a: 2001-01-01T00:00:00+99:99", "as a date; put it in quotes"),
        ("2001-01-01: a", "as a date; put it in quotes"),
        ("a: !!binary aGk=", "as binary data"),
        ("a: !!set {b}", "is a set for YAML, which no key takes; write a list"),
        ("a: !!omap [b: 1]", "is an ordered mapping"),
        ("a: !!pairs [b: 1]", "is a list of pairs"),
        ("a: !!int x", "x is not what its tag !!int says"),
        ("a: !!float x", "x is not what its tag !!float says"),
        ("a: !!bool x", "x is not what its tag !!bool says"),
        ("a: !!map [b]", "is no mapping, as its tag says"),
        ("a: !!python/object/apply:os.system [id]", "the tag !!python/object/apply:os."),
        ("a: !mine x", "the tag !mine means nothing here; leave it out"),
        ("[a]: 1", "a key is a list"),
        ("{b: {{a: 1}: 2}}", "a key is a mapping"),
        ("a: " + "9" * 5000, "has too many digits for a number"),
        ("a: -0x" + "f" * 5000, "has too many digits for a number"),
        ("a: " + "9:" * 3000 + "9", "has too many digits for a number"),
        ("a: 190:20:30", "YAML reads 190:20:30 as the number 685230"),
        ("a: " + "[" * 100_000, "is nested in more than 50 levels"),
        ("a: " + "[" * 60 + "]" * 60, "is nested in more than 50 levels"),
        ("- " * 20_000 + "a", "is nested in more than 50 levels"),
        ("a: &a [*a]", "an alias stands within what it stands for"),
        ("a: &a {<<: *a}", "an alias stands within what it stands for"),
        (_BOMB, "has more than 100000 values"),
        (_MERGE_BOMB, "has more than 100000 values"),
        ("a: [" + "1," * 100_001 + "]", "has more than 100000 values"),
        ("a: " + "x" * 600_000, "is larger than any file of a field"),
        ("a: b\0c", "is not YAML"),
    ],
    ids=str,
)
def test_more_than_the_plain_subset_is_an_error(text: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "field.yaml"
    file.write_text(text)
    with pytest.raises(SkerryError) as caught:
        read_yaml(file)
    assert str(caught.value).startswith(f"{file}")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_plain_subset_is_read(tmp_path: Path) -> None:
    file = tmp_path / "field.yaml"
    file.write_text("\ufeffa: &a {b: 1, 2: [x, 1.5e+3, yes, ~]}\nc: *a\nd: {<<: *a, b: 3}\n", encoding="utf-8")
    inside = {"b": 1, 2: ["x", 1500.0, True, None]}
    assert read_yaml(file) == {"a": inside, "c": inside, "d": {**inside, "b": 3}}


@settings(max_examples=200, deadline=None)
@given(text=st.text(st.sampled_from("ab1:.-[]{}&*!|>'\"%@`#?,~<=\n \t"), max_size=40))
def test_any_text_is_a_mapping_or_an_error(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text)
    with suppress(SkerryError):
        assert all(isinstance(key, str) for key in read_yaml(file))
