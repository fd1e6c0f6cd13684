"""What the command of a field's imager says of its masks, before anything runs."""

from __future__ import annotations

import gzip
import shlex
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import write_fits
from workflow_runs import configure, snakemake

from skerry.cli import main
from skerry.errors import SkerryError, SkerryNote, SkerryWarning
from skerry.field.config import parse_field
from skerry.field.imager_check import check_imager, imager_command
from skerry.field.keys import FieldConfig

DDFACET = {
    "command": "DDF.py --Data-MS {ms} --Output-Name {prefix} --Image-NPix 256 {mask_argument} {extra}",
    "mask_argument": "--Mask-External {mask}",
    "image": "{prefix}.app.restored.fits",
}
WSCLEAN = {"command": "wsclean -name {prefix} -size 64 47 {mask_argument} {extra} {ms}"}


@pytest.fixture(autouse=True)
def _in_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def keys_of(imager: dict[str, Any], **changes: Any) -> dict[str, Any]:
    keys = {"field": "F", "beams": ["0", "1"], "rounds": 2, "source": "beam", "measurement_sets": "{beam}.ms"}
    return keys | {"imager": imager} | changes


def field_of(imager: dict[str, Any], **changes: Any) -> FieldConfig:
    return parse_field(keys_of(imager, **changes), Path())


def write_images(*shape: int) -> None:
    for beam in (0, 1):
        write_fits(Path(f"b{beam}.fits"), np.zeros(shape, np.float32))


def told(field: FieldConfig, **given: Any) -> list[tuple[type[Warning], str]]:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        check_imager(field, **given)
    return [(one.category, str(one.message)) for one in warned]


def test_images_of_another_size_than_ddfacet_makes_are_refused() -> None:
    """Their masks would be sheared over the image, and the imager end with status 0."""
    write_images(256, 256)
    field = field_of(DDFACET, images="b{beam}.fits")
    with pytest.raises(SkerryError, match=r"^b0\.fits: has 256 x 256 pixels, but .* F makes 245 x 245 in round 1"):
        check_imager(field)


def test_images_of_the_size_that_ddfacet_makes_are_taken_and_the_size_is_noted() -> None:
    write_images(245, 245)
    for field in (field_of(DDFACET, images="b{beam}.fits"), field_of(DDFACET)):
        assert told(field) == [
            (SkerryNote, "F: imager.command: DDFacet makes images of 245 x 245 pixels of --Image-NPix 256")
        ]
        assert told(field, warn=False) == []


def test_images_of_another_size_than_wsclean_makes_are_refused() -> None:
    write_images(48, 64)
    assert told(field_of(WSCLEAN, images="b{beam}.fits")) == []
    write_fits(Path("other1.fits"), np.zeros((1, 1, 47, 64), np.float32))
    Path("other0.fits").write_bytes(Path("b0.fits").read_bytes())
    with pytest.raises(SkerryError, match=r"^other1\.fits: has 64 x 47 pixels, but .* makes 64 x 48 in round 1"):
        check_imager(field_of(WSCLEAN, images="other{beam}.fits"))


def test_a_size_is_read_of_a_packed_image_too() -> None:
    write_images(40, 40)
    Path("p0.fits").write_bytes(gzip.compress(Path("b0.fits").read_bytes()))
    with pytest.raises(SkerryError, match=r"^p0\.fits: has 40 x 40"):
        check_imager(field_of(WSCLEAN, images="p{beam}.fits"))


@pytest.mark.parametrize(
    "command",
    [
        "python imager.py -size 9 9 {ms} {prefix} {mask_argument}",
        "wsclean -size $N $N -name {prefix} {mask_argument} {ms}",
        "DDF.py x.parset --Data-MS {ms} --Output-Name {prefix} {mask_argument}",
    ],
)
def test_of_what_is_not_known_nothing_is_said(command: str) -> None:
    write_images(40, 40)
    assert told(field_of({"command": command}, images="b{beam}.fits")) == []


def test_rounds_without_a_mask_do_not_matter() -> None:
    write_images(40, 40)
    assert told(field_of(WSCLEAN, images="b{beam}.fits", mask_rounds=[2])) == []


def test_options_with_which_an_imager_does_not_keep_to_a_mask_are_told_once() -> None:
    extra = {"extra": "-continue", "extra_rounds": {2: "-iuwt"}}
    begin = "F: imager.command: WSClean"
    assert told(field_of(WSCLEAN | extra)) == [
        (
            SkerryWarning,
            f"{begin}: -continue keeps what the model before has outside the mask; begin with an empty model",
        ),
        (SkerryWarning, f"{begin}: -iuwt puts some 2 % of the model outside the mask; leave it out"),
    ]


def test_the_command_of_a_round() -> None:
    field = field_of(DDFACET | {"extra": "--Deconv-Mode HMP", "extra_rounds": {2: ""}})
    command = "DDF.py --Data-MS {ms} --Output-Name {prefix} --Image-NPix 256 --Mask-External {mask} "
    assert [imager_command(field, k) for k in (1, 2)] == [f"{command}--Deconv-Mode HMP", command]
    assert imager_command(field_of({"command": "mine {ms} {prefix} {mask_argument}"}), 1) is None


def test_a_run_is_refused_before_it_begins(capsys: pytest.CaptureFixture[str]) -> None:
    write_images(256, 256)
    for beam in (0, 1):
        Path(f"{beam}.ms").mkdir()
    configure(Path(), keys_of(DDFACET, images="b{beam}.fits"))
    assert main(["run", "field.yaml"]) == 2
    assert "b0.fits: has 256 x 256 pixels, but the imager of F makes 245 x 245" in capsys.readouterr().err


def test_masks_of_the_workflow_are_checked_for_its_imager() -> None:
    write_images(245, 245)
    for beam in (0, 1):
        Path(f"{beam}.ms").mkdir()
    configure(Path(), keys_of(DDFACET, images="b{beam}.fits"))
    said = snakemake(Path().absolute(), "--dry-run", "--printshellcmds")
    command = imager_command(field_of(DDFACET), 1)
    assert command is not None
    assert f"--command {shlex.quote(command)}" in said
