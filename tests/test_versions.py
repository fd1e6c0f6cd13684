"""Which versions of other packages are tested, and what is told of known vulnerabilities in them."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from conftest import REPOSITORY

from tools import audit
from tools.oldest import oldest_of

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


def test_every_package_that_is_needed_has_an_oldest_version() -> None:
    oldest = oldest_of(PROJECT, ["test", "casacore"])
    assert len(oldest) > len(PROJECT["dependencies"])
    assert [one for one in oldest if "==" not in one] == []


@pytest.mark.parametrize("wrong", ["numpy<3", "numpy>=2,<3", "numpy~=2.0"])
def test_a_requirement_of_another_form_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="is not of the form NAME>=VERSION"):
        oldest_of({"dependencies": [wrong]}, [])


@pytest.mark.parametrize(
    ("known", "explained", "status", "says"),
    [
        ([], {}, 0, "x, y: NOT audited: no service of known vulnerabilities can be reached"),
        ([{"name": "n", "version": "1", "vulns": []}], {}, 0, "x: 1 packages audited by pypi, 0 known vulnerabilities"),
        (
            [{"name": "n", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}],
            {},
            1,
            "x: n 1: CVE-1, mended in 2",
        ),
        (
            [{"name": "n", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": []}]}],
            {"CVE-1": "is not called"},
            0,
            "x: n 1: CVE-1, mended in none: is not called",
        ),
    ],
)
def test_a_known_vulnerability_fails_and_an_unreachable_service_is_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    known: list[dict[str, Any]],
    explained: dict[str, str],
    status: int,
    says: str,
) -> None:
    monkeypatch.setattr(audit, "audited", lambda *_: known)
    monkeypatch.setattr(audit, "_EXPLAINED", explained)
    assert audit.main(["x", "y"]) == status
    assert says in capsys.readouterr().out.splitlines()
