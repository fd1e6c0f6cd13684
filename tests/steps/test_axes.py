"""Masks of two or four axes, whatever the image has: the same pixels at the same places, in every step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from conftest import radio_header
from numpy.testing import assert_array_equal

from skerry import SkerryError, make_mask
from skerry.cli import main
from skerry.io.headers import scale_facts
from skerry.steps.chosen_planes import PlaneChoice
from skerry.steps.info import describe_mask

SHAPE = (48, 64)
STEPS = {
    "mask": "mask image.fits --preset early-round --scales 0,8 --scale-output bits.fits -o made.fits",
    "snr-mask": "snr-mask image.fits --rms rms.fits -o made.fits",
    "seeds": "snr-mask image.fits --rms rms.fits --seeds -o made.fits",
    "flood": "flood image.fits --rms rms.fits -o made.fits",
    "erode": "erode islands.fits --scales 0,8 --scale-output bits.fits -o made.fits",
    "scale-mask": "scale-mask image.fits --scales 0,8 -o bits.fits --mask-output made.fits",
    "extract-beam": "extract-beam image.fits islands.fits -o made.fits",
    "split-scales": "split-scales scales.fits --scale 8 -o made.fits",
}


@pytest.fixture(params=[2, 3, 4], ids="an image of {} axes".format)
def directory(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An image of a bright source in noise, with what the steps read beside it."""
    rng = np.random.default_rng(7)
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    image = rng.normal(0, 1e-4, SHAPE) + 0.05 * np.exp(-((y - 20) ** 2 + (x - 40) ** 2) / 18)
    shape = (1,) * (request.param - 2) + SHAPE
    header = radio_header(shape)
    header["RESTFRQ"] = 1.3e9
    if request.param > 2:
        header["CRVAL3"] = 1.3e9
    of_scales = header.copy()
    of_scales.update(scale_facts((0, 8)))
    islands = (image > 1e-2).astype(np.uint8)
    for name, data, its in (
        ("image", image.astype(np.float32), header),
        ("rms", np.full(SHAPE, 1e-4, np.float32), header),
        ("islands", islands, header),
        ("scales", 3 * islands, of_scales),
    ):
        fits.PrimaryHDU(data.reshape(shape), its).writeto(tmp_path / f"{name}.fits")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("axes", [2, 4])
@pytest.mark.filterwarnings("ignore::skerry.errors.SkerryWarning")
def test_every_step_gives_its_masks_as_many_axes_as_are_asked_for(directory: Path, step: str, axes: int) -> None:
    assert main([*STEPS[step].split(), "--axes", str(axes)]) == 0
    made = {path: fits.getdata(path) for path in ("made.fits", "bits.fits") if Path(path).exists()}
    headers = {path: fits.getheader(path) for path in made}
    assert main([*STEPS[step].split(), "--overwrite"]) == 0
    for path, data in made.items():
        plain, before = fits.getdata(path, header=True)
        assert data.shape == (1,) * (axes - 2) + SHAPE
        assert data.dtype == plain.dtype
        assert_array_equal(data.squeeze(), plain.squeeze())
        assert data.any()
        found = headers[path]
        names = [found.get(f"CTYPE{n}") for n in (3, 4)]
        assert names == (["FREQ", "STOKES"] if axes == 4 else [None, None])
        assert found.get("CRVAL3") == (1.3e9 if axes == 4 else None)
        for corner in ([0, 0], [SHAPE[1] - 1, SHAPE[0] - 1]):
            positions = [WCS(header, naxis=2).wcs_pix2world([corner], 0) for header in (found, before)]
            assert_array_equal(*positions)


def test_the_commands_make_a_mask_of_four_axes_again(directory: Path) -> None:
    made = make_mask(Path("image.fits"), preset="early-round", output=Path("m.fits"), axes=4)
    commands = describe_mask(made.mask).made.commands
    assert commands == ("skerry mask image.fits --axes 4 --preset early-round --output m.fits",)
    again = made.mask.read_bytes()
    made.mask.unlink()
    assert main(commands[0].split()[1:]) == 0
    assert made.mask.read_bytes() == again


@pytest.mark.parametrize("axes", [0, 1, 3, 5])
def test_no_other_number_of_axes_is_taken(directory: Path, axes: int) -> None:
    with pytest.raises(SkerryError, match=f"`axes` {axes}: must be 2 or 4"):
        make_mask(Path("image.fits"), output=Path("m.fits"), axes=axes)
    assert not Path("m.fits").exists()


def test_axes_that_an_image_has_stay_in_their_order(directory: Path) -> None:
    header = radio_header((1, 1, *SHAPE))
    header["CTYPE3"], header["CTYPE4"], header["CRVAL3"], header["CRVAL4"] = "STOKES", "FREQ", 1.0, 1.2e9
    fits.PrimaryHDU(fits.getdata("image.fits").reshape(1, 1, *SHAPE), header).writeto("stokes.fits")
    found = fits.getheader(make_mask(Path("stokes.fits"), output=Path("m.fits"), axes=4).mask)
    assert [found[f"CTYPE{n}"] for n in (3, 4)] == ["STOKES", "FREQ"]
    assert [found[f"CRVAL{n}"] for n in (3, 4)] == [1.0, 1.2e9]


def test_a_signal_image_has_the_axes_of_its_mask(directory: Path) -> None:
    make_mask(Path("image.fits"), output=Path("m.fits"), signal_output=Path("s.fits"), axes=4)
    assert fits.getdata("s.fits").shape == (1, 1, *SHAPE)


def cube(kinds: tuple[str, ...], count: int = 3) -> Path:
    """A cube of planes of which the n-th has a source of its own, along the first of some axes."""
    image = fits.getdata("image.fits").reshape(SHAPE)
    planes = np.stack([np.roll(image, 5 * n, axis=1) for n in range(count)])
    planes = planes.reshape((1,) * (len(kinds) - 1) + planes.shape)
    header = radio_header(SHAPE)
    for n, kind in enumerate(kinds, start=3):
        header[f"CTYPE{n}"], header[f"CRPIX{n}"] = kind, 1.0
        header[f"CRVAL{n}"], header[f"CDELT{n}"] = (1.0, 1.0) if kind == "STOKES" else (1.3e9, 1e6)
    path = Path("cube.fits")
    fits.PrimaryHDU(planes, header).writeto(path)
    return path


@pytest.mark.parametrize("kinds", [("FREQ",), ("STOKES",), ("FREQ", "STOKES"), ("STOKES", "FREQ")])
@pytest.mark.filterwarnings("ignore::skerry.errors.SkerryWarning")
def test_a_cube_has_four_axes_with_its_planes_where_they_were(directory: Path, kinds: tuple[str, ...]) -> None:
    path = cube(kinds)
    plain = fits.getdata(make_mask(path, output=Path("plain.fits")).mask)
    for name, choice, kept in (("all.fits", None, slice(None)), ("one.fits", PlaneChoice(planes=(2, 2)), slice(2, 3))):
        if choice is not None and kinds[0] == "STOKES":
            choice = PlaneChoice(stokes="U")
        data, found = fits.getdata(make_mask(path, output=Path(name), axes=4, planes=choice).mask, header=True)
        wanted = plain.reshape(3, *SHAPE)[kept]
        names = [found["CTYPE3"], found["CTYPE4"]]
        assert names == (list(kinds) if len(kinds) == 2 else ["FREQ", "STOKES"])
        assert [found["NAXIS3"], found["NAXIS4"]] == [len(wanted) if one == kinds[0] else 1 for one in names]
        assert_array_equal(data.reshape(wanted.shape), wanted)
        first = dict(zip(names, WCS(found).wcs_pix2world([[0, 0, 0, 0]], 0)[0][2:], strict=True))
        at = 0 if choice is None else 2
        assert first["STOKES"] == (1 + at if kinds[0] == "STOKES" else 1)
        if "FREQ" in kinds:
            assert first["FREQ"] == (1.3e9 if kinds[0] == "STOKES" else 1.3e9 + at * 1e6)


@pytest.mark.filterwarnings("ignore::skerry.errors.SkerryWarning")
def test_a_union_has_two_axes_or_four(directory: Path) -> None:
    path, union = cube(("FREQ",)), PlaneChoice(union=True)
    any_of = fits.getdata(make_mask(path, output=Path("plain.fits")).mask).any(axis=0)
    flat, its = fits.getdata(make_mask(path, output=Path("2.fits"), axes=2, planes=union).mask, header=True)
    assert_array_equal(flat, any_of)
    assert "CTYPE3" not in its
    assert "CRVAL3" not in its
    four, its = fits.getdata(make_mask(path, output=Path("4.fits"), axes=4, planes=union).mask, header=True)
    assert_array_equal(four, any_of[np.newaxis, np.newaxis])
    assert (its["CTYPE3"], its["CRVAL3"], its["CDELT3"]) == ("FREQ", 1.301e9, 3e6)


def test_axes_that_cannot_hold_the_planes_are_refused(directory: Path) -> None:
    path = cube(("FREQ",))
    with pytest.raises(SkerryError, match=r"cube\.fits: has several planes, and two axes are for one"):
        make_mask(path, output=Path("m.fits"), axes=2)
    path.unlink()
    with pytest.raises(SkerryError, match=r"cube\.fits: has planes on other axes than FREQ and STOKES alone"):
        make_mask(cube(("VRAD",)), output=Path("m.fits"), axes=4)
