"""A field whose channels have images of their own, as WSClean names them: every channel is masked by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from conftest import radio_header, write_fits
from numpy.testing import assert_array_equal
from workflow_runs import Job, alter, configure, run, sky, would_run

from skerry.cli import main
from skerry.config.options import MaskingOptions
from skerry.errors import SkerryError
from skerry.field.config import parse_field
from skerry.steps.extract_beam import make_beam_mask
from skerry.steps.mask import make_mask
from skerry.steps.mosaic import make_mosaic

BEAMS, CHANNELS = ("0", "1"), ("0001", "MFS")
MASKING = {
    "flood_fill": True,
    "flood_fill_positive_seed_clip": 5.0,
    "flood_fill_positive_flood_clip": 2.0,
    "beam_shape_erode": True,
    "noise_box_size": 16,
}
KEYS: dict[str, Any] = {
    "field": "F",
    "beams": list(BEAMS),
    "channels": list(CHANNELS),
    "rounds": 1,
    "source": "beam",
    "images": "r0-b{beam}-{channel}-image.fits",
    "preset": "none",
    "masking": MASKING,
    "output": "masks",
}


def write_images(directory: Path) -> None:
    """Each channel has a sky and a restoring beam of its own; beam 1 lies 6 pixels further east."""
    for beam in BEAMS:
        for n, channel in enumerate(CHANNELS):
            header = radio_header((48, 48))
            header["BMAJ"] *= 1 - 0.1 * n
            header["CRPIX1"] += 6 * int(beam)
            image = sky(10 * int(beam) + n, 6 * int(beam), 3 * n)
            write_fits(directory / f"r0-b{beam}-{channel}-image.fits", image, header)


def mask_of(directory: Path, name: str) -> Any:
    return fits.getdata(directory / f"masks/F/round1/{name}.mask.fits")


def test_every_channel_of_a_beam_is_masked_by_itself_and_again_when_it_changes(tmp_path: Path) -> None:
    write_images(tmp_path)
    configure(tmp_path, KEYS)
    run(tmp_path)
    for beam in BEAMS:
        for channel in CHANNELS:
            image = tmp_path / f"r0-b{beam}-{channel}-image.fits"
            by_hand = make_mask(image, MaskingOptions(**MASKING), output=tmp_path / "m.fits", overwrite=True).mask
            made = mask_of(tmp_path, f"beam{beam}-{channel}")
            assert made.any()
            assert_array_equal(made, fits.getdata(by_hand))
    assert would_run(tmp_path) == set()
    alter(tmp_path / "r0-b1-0001-image.fits")
    assert would_run(tmp_path) == {Job("mask", 1, "beam1-0001")}
    configure(tmp_path, KEYS | {"channels": [CHANNELS[0]]})
    assert would_run(tmp_path) == {Job("mask", 1, "beam1-0001")}


@pytest.mark.filterwarnings("ignore::skerry.SkerryWarning")
@pytest.mark.parametrize("kept", [False, True], ids=["in one process", "step by step"])
def test_every_channel_has_a_mosaic(tmp_path: Path, kept: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """Of its beams alone, out of whose mask the masks of these are taken."""
    write_images(tmp_path)
    how = {"source": "both", "mosaic": {"primary_beam_fwhm": "0.1 deg"}, "keep_steps": kept, "report": True}
    configure(tmp_path, KEYS | how)
    run(tmp_path)
    options = MaskingOptions(**MASKING)
    for channel in CHANNELS[1:]:
        images = [tmp_path / f"r0-b{beam}-{channel}-image.fits" for beam in BEAMS]
        name = {"output": tmp_path / "mosaic.fits", "overwrite": True}
        mosaic = make_mosaic(images, primary_beam_fwhm=0.1, noise_weights=True, **name)
        whole = make_mask(mosaic, options, output=tmp_path / "m.fits", overwrite=True).mask
        assert_array_equal(mask_of(tmp_path, f"mosaic-{channel}"), fits.getdata(whole))
        own = make_mask(images[1], options, output=tmp_path / "o.fits", overwrite=True).mask
        beam = make_beam_mask(images[1], whole, options, add=own, output=tmp_path / "b.fits", overwrite=True).mask
        assert_array_equal(mask_of(tmp_path, f"beam1-{channel}"), fits.getdata(beam))
    page, pictures = (tmp_path / f"masks/F/report/{name}" for name in ("field.html", "pictures"))
    names = [f"{target}-{channel}" for target in ("mosaic", *BEAMS) for channel in CHANNELS]
    keys = [name if name.startswith("mosaic") else f"beam{name}" for name in names]
    assert sorted(picture.name for picture in pictures.glob("*.png")) == sorted(f"round1.{key}.png" for key in keys)
    assert all(f">{name}<" in page.read_text() for name in names)
    assert would_run(tmp_path) == set()
    alter(tmp_path / "r0-b0-MFS-image.fits")
    assert {job.what for job in would_run(tmp_path)} <= {"mosaic-MFS", "beam0-MFS", "beam1-MFS"}
    assert Job("mosaic", 1, "mosaic-MFS") in would_run(tmp_path)
    assert main(["summary", str(tmp_path / "field.yaml")]) == 0
    assert "1-MFS" in capsys.readouterr().out


def test_mosaics_of_channels_that_are_given(tmp_path: Path) -> None:
    write_images(tmp_path)
    for channel in CHANNELS:
        write_fits(tmp_path / f"m.{channel}.fits", sky(7, 0, 3), radio_header((48, 48)))
    configure(tmp_path, KEYS | {"source": "mosaic", "mosaic": "m.{channel}.fits"})
    run(tmp_path)
    assert mask_of(tmp_path, "mosaic-MFS").any()
    assert mask_of(tmp_path, "beam1-MFS").any()
    alter(tmp_path / "m.0001.fits")
    assert {job.what for job in would_run(tmp_path)} == {"mosaic-0001", "beam0-0001", "beam1-0001"}


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"images": "b{beam}.fits"}, "images: must hold {channel}"),
        ({"channels": None}, r"images: \{channel\} is not a placeholder here"),
        ({"channels": "0003-0001"}, "channels: is not a range of channels: '0003-0001'"),
        ({"channels": ["a b"]}, "channels: a channel's name must be made of letters"),
        ({"channels": ["1", "1"]}, "channels: 1 is given twice"),
        ({"beams": ["0", "0-1"], "channels": ["1", "1-1"]}, "channels: beams and channels make the name 0-1-1 in two"),
        (
            {"imager": {"command": "wsclean {mask_argument} -name {prefix} {ms}"}, "measurement_sets": "b{beam}.ms"},
            "imager: cannot be given",
        ),
        ({"rms": "rms{beam}.fits"}, "rms: must hold {channel}"),
        ({"beam": "beam-{channel}.fits"}, r"beam: \{channel\} is not a placeholder here"),
    ],
)
def test_wrong_keys_of_channels_are_told(tmp_path: Path, keys: dict[str, Any], problem: str) -> None:
    with pytest.raises(SkerryError, match=problem):
        parse_field(KEYS | keys, tmp_path)


def test_a_range_of_channels_is_written_as_one_of_beams(tmp_path: Path) -> None:
    field = parse_field(KEYS | {"channels": "0009-0011"}, tmp_path)
    assert list(field.each_beam) == [f"{beam}-{n}" for beam in BEAMS for n in ("0009", "0010", "0011")]
    assert field.files.image_path(0, "1-0010").endswith("r0-b1-0010-image.fits")


def test_a_channel_that_is_absent_is_told_before_any_job_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_images(tmp_path)
    (tmp_path / "r0-b1-0001-image.fits").unlink()
    field = configure(tmp_path, KEYS)
    assert main(["run", str(field), "--dry-run"]) == 2
    assert f"error: {field}: 1 of 4 input files is absent: " in capsys.readouterr().err
