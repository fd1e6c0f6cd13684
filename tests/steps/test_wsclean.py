"""What WSClean itself makes of masks: where it puts components, what it rejects too late, and what it misreads.

`skerry check` and docs/imaging.md say what version 3.1 does; where a test fails with a later one, they have to change.
"""

from __future__ import annotations

import csv
import gzip
import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
from astropy.coordinates import Angle
from astropy.io import fits
from astropy.wcs import WCS
from conftest import radio_header, write_fits
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from skerry import make_beam_mask
from skerry.cli import main
from skerry.config.scales import WSCLEAN_FWHM_FACTOR
from skerry.demo.demo_sets import make_demo_sets
from skerry.io.headers import scale_facts
from skerry.sky.beam import FWHM_PER_SIGMA

SIZE = 128
IMAGING = "-j 1 -scale 8asec -weight briggs 0 -niter 1000 -nmiter 8 -mgain 0.8 -auto-threshold 1"
MANY = 20
"""Components that make sure that CLEAN does wander where it may."""

Array = NDArray[Any]


class Run(NamedTuple):
    """What a run of WSClean said and made."""

    status: int
    said: str
    prefix: Path

    def made(self, what: str) -> list[Path]:
        """Images of a kind, in the order of the channels."""
        return sorted(self.prefix.parent.glob(f"{self.prefix.name}*-{what}.fits"))

    @property
    def model(self) -> Array:
        """Models of the channels, shape (channels, ny, nx), of a run that succeeded."""
        assert self.status == 0, self.said
        return np.stack([fits.getdata(path)[0, 0] for path in self.made("model") if "MFS" not in path.name])


@dataclass(frozen=True)
class Field:
    """A measurement set of sources among artefacts, for its gains are wrong; and its image, cleaned without a mask."""

    wsclean: str
    directory: Path

    def clean(self, mask: Path | None, *extra: str, size: int = SIZE, prefix: Path | None = None) -> Run:
        prefix = prefix or Path(tempfile.mkdtemp(dir=self.directory)) / "r"
        command = [self.wsclean, "-name", str(prefix), "-size", str(size), str(size), *IMAGING.split(), *extra]
        command += [] if mask is None else ["-fits-mask", str(mask)]
        (ms,) = (self.directory / "ms").iterdir()
        done = subprocess.run(
            [*command, "-no-update-model-required", str(ms)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        )
        return Run(done.returncode, done.stdout, prefix)

    @property
    def image(self) -> Path:
        return self.directory / "blind-image.fits"

    @property
    def blind_model(self) -> Array:
        return Run(0, "", self.directory / "blind").model


@pytest.fixture(scope="module")
def field(wsclean: str, casacore_tables: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Field:
    """Each test process makes its own, which takes two seconds."""
    directory = tmp_path_factory.mktemp("field")
    make_demo_sets(directory, beams=1, rounds=1, size=SIZE, antennas=16, integrations=12, channels=2)
    found = Field(wsclean, directory)
    run = found.clean(None, prefix=directory / "blind")
    assert run.status == 0, run.said
    return found


@pytest.fixture(scope="module")
def mask(field: Field) -> Path:
    """A mask that there is nothing wrong with."""
    path = field.directory / "good.mask.fits"
    assert main(["mask", str(field.image), "-o", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def good_model(field: Field, mask: Path) -> Callable[..., Array]:
    """Model that WSClean makes with that mask and other arguments."""

    @cache
    def model(*extra: str) -> Array:
        made = field.clean(mask, *extra).model
        assert made.any()
        # In multi-scale the kernels spill.
        assert "-multiscale" in extra or outside(made, pixels(mask)) == 0
        return made

    return model


def pixels(mask: Path) -> Array:
    return fits.getdata(mask).squeeze()


def outside(model: Array, mask: Array) -> int:
    """Number of places with a component where the mask is not set."""
    return np.count_nonzero(model.any(axis=0) & (mask == 0))


def assert_inside(model: Array, mask: Array) -> None:
    """There are components, and only where the mask is set."""
    assert model.any()
    assert outside(model, mask) == 0


def to_pixels(header: fits.Header, sky: Array) -> Array:
    """Nearest pixels (x, y) to places on the sky (degrees), shape (n, 2)."""
    return np.rint(celestial(header).wcs_world2pix(sky, 0)).astype(int)


def celestial(header: fits.Header) -> WCS:
    # astropy would warn that it makes MJD-OBS of it.
    header.remove("DATE-OBS", ignore_missing=True)
    return WCS(header).celestial


@pytest.mark.parametrize(
    "options",
    [
        "",
        "--no-preset",
        "--no-preset --flood-fill",
        "--no-preset --flood-fill --use-mac",
        "--no-preset --flood-fill --flood-clip 1 --erode",
    ],
)
def test_clean_wanders_without_a_mask_but_not_with_one_of_skerry(field: Field, tmp_path: Path, options: str) -> None:
    mask = tmp_path / "m.fits"
    assert main(["mask", str(field.image), "-o", str(mask), *options.split()]) == 0
    assert main(["check", str(mask), "--image", str(field.image)]) == 0
    assert outside(field.blind_model, pixels(mask)) > MANY
    assert_inside(field.clean(mask).model, pixels(mask))


@pytest.mark.parametrize(
    "way", ["-auto-mask 3", "-parallel-deconvolution 64", "-channels-out 2", "-channels-out 2 -join-channels"]
)
def test_no_other_way_of_single_scale_clean_leaves_the_mask(field: Field, mask: Path, way: str) -> None:
    assert outside(field.clean(None, *way.split()).model, pixels(mask)) > MANY
    assert_inside(field.clean(mask, *way.split()).model, pixels(mask))


def test_multiscale_components_are_centred_in_the_mask(field: Field, mask: Path) -> None:
    multiscale = ("-multiscale", "-multiscale-scales", "4,8", "-save-source-list")
    header = fits.getheader(field.image)

    def centres_outside(run: Run) -> int:
        x, y = to_pixels(header, component_list(run)).T
        return np.count_nonzero(pixels(mask)[y, x] == 0)

    assert centres_outside(field.clean(None, *multiscale)) > MANY
    masked = field.clean(mask, *multiscale)
    assert centres_outside(masked) == 0
    spilled = np.abs(masked.model[0][pixels(mask) == 0])
    assert spilled.max() > 1e-3


@pytest.mark.parametrize("scale", [8, 16, 32])
def test_the_gaussian_of_a_scale_is_that_of_the_erosion(field: Field, scale: int) -> None:
    once = ["-niter", "1", "-multiscale", "-multiscale-scales", str(scale), "-multiscale-shape", "gaussian"]
    (component,) = field.clean(None, *once, size=2 * SIZE).model
    y, x = np.indices(component.shape) - np.reshape(np.unravel_index(component.argmax(), component.shape), (2, 1, 1))
    expected = np.exp(-(x**2 + y**2) / 2 / (WSCLEAN_FWHM_FACTOR * scale / FWHM_PER_SIGMA) ** 2)
    near = np.hypot(x, y) < scale
    assert_allclose(component[near] / component.max(), expected[near], atol=2e-4)


def component_list(run: Run) -> Array:
    """Places on the sky (degrees) of the components, which must be extended."""
    assert run.status == 0, run.said
    rows = list(csv.reader(Path(f"{run.prefix}-sources.txt").read_text().splitlines()))[1:]
    assert {row[1] for row in rows} == {"GAUSSIAN"}
    # WSClean writes a declination as -45.01.02.3.
    texts = [(f"{row[2]} hours", f"{row[3].replace('.', ':', 2)} degrees") for row in rows]
    return np.array([(Angle(ra).deg, Angle(dec).deg) for ra, dec in texts])


@pytest.mark.parametrize("islands", [False, True], ids=["everything masked", "islands"])
def test_a_mask_cut_at_the_edge_of_the_mosaic_keeps_components_in_the_mosaic(
    field: Field, tmp_path: Path, islands: bool
) -> None:
    """The mosaic has larger pixels and another projection, and ends within the beam's image on two sides."""
    y, x = np.indices((90, 100))
    data = ((x % 9 < 6) & (y % 7 < 5) if islands else x >= 0).astype(np.int16)
    header = radio_header(data.shape, ra=60.07, dec=-44.97, pixel=10 / 3600)
    header["CTYPE1"], header["CTYPE2"] = "RA---TAN", "DEC--TAN"
    mosaic = write_fits(tmp_path / "mosaic.mask.fits", data, header)
    mask = make_beam_mask(field.image, mosaic, output=tmp_path / "beam.mask.fits").mask
    image_wcs = celestial(fits.getheader(field.image))

    def mosaic_at_components(model: Array) -> Array:
        """Mosaic mask where there are components, -1 beyond the edge."""
        y, x = np.nonzero(model[0])
        x, y = to_pixels(header, image_wcs.wcs_pix2world(np.stack([x, y], axis=1), 0)).T
        inside = (x >= 0) & (x < 100) & (y >= 0) & (y < 90)
        return np.where(inside, data[np.where(inside, y, 0), np.where(inside, x, 0)], -1)

    assert np.count_nonzero(mosaic_at_components(field.blind_model) < 0) > MANY
    model = field.clean(mask).model
    assert_inside(model, pixels(mask))
    assert (mosaic_at_components(model) == 1).all()


@pytest.mark.parametrize(
    "form",
    [
        np.squeeze,
        lambda data: data[0],
        np.int16,
        np.int32,
        np.int64,
        np.float32,
        np.float64,
        lambda data: np.where(data, 1, np.float32(-0.0)),
    ],
    ids=["2-D", "3-D", "int16", "int32", "int64", "float32", "float64", "negative zero"],
)
def test_the_form_of_a_mask_makes_no_difference(
    field: Field, mask: Path, good_model: Callable[..., Array], tmp_path: Path, form: Callable[[Array], Array]
) -> None:
    data, header = fits.getdata(mask, header=True)
    data = form(data)
    for axis in range(data.ndim + 1, 5):
        del header[f"C*{axis}"]
    other = write_fits(tmp_path / "m.fits", data, header)
    assert main(["check", str(other), "--image", str(field.image)]) == 0
    assert np.array_equal(field.clean(other).model, good_model())


@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
@pytest.mark.parametrize("extra", ["", "-multiscale -multiscale-scales 4,8"], ids=["single-scale", "multi-scale"])
def test_a_scale_mask_is_read_as_its_union(
    field: Field, mask: Path, good_model: Callable[..., Array], tmp_path: Path, dtype: type, extra: str
) -> None:
    bits = (1 + np.arange(SIZE) % 7)[:, np.newaxis]
    scale_mask = changed(mask, tmp_path / "m.fits", lambda data: (data * bits).astype(dtype), **scale_facts((0, 4, 8)))
    for bit in (1, 2, 4):
        assert 0 < np.count_nonzero(pixels(scale_mask) & bit) < np.count_nonzero(pixels(mask))
    assert main(["check", str(scale_mask), "--image", str(field.image)]) == 0
    assert np.array_equal(field.clean(scale_mask, *extra.split()).model, good_model(*extra.split()))


def test_a_gzipped_mask_makes_no_difference(
    field: Field, mask: Path, good_model: Callable[..., Array], tmp_path: Path
) -> None:
    packed = tmp_path / "m.fits.gz"
    packed.write_bytes(gzip.compress(mask.read_bytes()))
    assert np.array_equal(field.clean(packed).model, good_model())


def test_the_masks_of_split_scales_are_masks_for_wsclean(field: Field, tmp_path: Path) -> None:
    union, scale_mask = tmp_path / "x.mask.fits", tmp_path / "x.scalemask.fits"
    options = ["--no-preset", "--flood-fill", "--erode", "--scales", "0,4,8"]
    assert main(["mask", str(field.image), *options, "-o", str(union), "--scale-output", str(scale_mask)]) == 0
    assert np.array_equal(field.clean(scale_mask).model, field.clean(union).model)
    assert main(["split-scales", str(scale_mask)]) == 0
    masks = [tmp_path / f"x.scale{scale}.mask.fits" for scale in (0, 4, 8)]
    for mask in masks:
        assert main(["check", str(mask), "--image", str(field.image)]) == 0
        assert_inside(field.clean(mask).model, pixels(mask))
    areas = [np.count_nonzero(pixels(mask)) for mask in masks]
    assert areas[0] > areas[1] > areas[2]


def test_an_odd_size_becomes_even_as_check_expects(field: Field, mask: Path, good_model: Callable[..., Array]) -> None:
    odd = SIZE - 1
    assert main(["check", str(mask), "--size", str(odd), str(odd), "--scale", "8asec"]) == 0
    assert np.array_equal(field.clean(mask, size=odd).model, good_model())


@pytest.fixture
def cube(mask: Path, tmp_path: Path) -> Path:
    """The mask, and as a second plane the same moved to the side."""
    return changed(mask, tmp_path / "m.fits", lambda data: np.stack([data, np.roll(data, 12, axis=1)]))


def test_a_cube_is_read_as_its_first_plane(
    field: Field, cube: Path, good_model: Callable[..., Array], capsys: pytest.CaptureFixture[str]
) -> None:
    said = subprocess.run([field.wsclean, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"version (\d+)\.(\d+)", said)
    assert version is not None, said
    if tuple(map(int, version.groups())) >= (3, 3):
        pytest.skip("WSClean gives each channel its own plane from version 3.3 on")
    assert main(["check", str(cube), "--image", str(field.image), "--channels", "2"]) == 0
    assert "before 3.3, and any with -join-channels, uses the first plane for every channel" in capsys.readouterr().err
    assert np.array_equal(field.clean(cube, "-channels-out", "2").model, good_model("-channels-out", "2"))


def test_of_a_cube_that_is_cleaned_jointly_the_first_plane_is_read(
    field: Field, cube: Path, good_model: Callable[..., Array], capsys: pytest.CaptureFixture[str]
) -> None:
    joined = ("-channels-out", "2", "-join-channels")
    words = ["check", str(cube), "--image", str(field.image), "--command", f"wsclean {' '.join(joined)} x.ms"]
    assert main(words) == 2
    assert "with -join-channels WSClean uses the first one for every channel" in capsys.readouterr().err
    assert np.array_equal(field.clean(cube, *joined).model, good_model(*joined))


def test_planes_of_polarisations_are_no_channels_but_are_taken(
    field: Field,
    mask: Path,
    good_model: Callable[..., Array],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    exchanged = {"CTYPE3": "STOKES", "CRVAL3": 1.0, "CTYPE4": "FREQ", "CRVAL4": 1.4e9}
    both = with_pixels(lambda data: np.stack([data, np.roll(data, 12, axis=1)]), **exchanged)
    planes = both(mask, tmp_path / "m.fits")
    assert main(["check", str(planes), "--image", str(field.image), "--channels", "2"]) == 2
    assert "its 2 planes are on an axis with CTYPE3 = 'STOKES'" in capsys.readouterr().err
    assert np.array_equal(field.clean(planes, "-channels-out", "2").model, good_model("-channels-out", "2"))


Maker = Callable[[Path, Path], Path]
Verify = Callable[[Run, Field, Path], None]


class Bad(NamedTuple):
    """A bad mask."""

    make: Maker
    """Makes it of a good one, under this name or another."""
    verify: Verify
    """What WSClean does with it."""
    says: str
    """What `skerry check` says."""
    channels: int = 1


def changed(mask: Path, path: Path, change: Callable[[Array], Array] | None = None, **keywords: Any) -> Path:
    """Write a mask with other pixels and keywords; None takes a keyword away."""
    data, header = pixels(mask), fits.getheader(mask)
    for keyword, value in keywords.items():
        if value is None:
            del header[keyword]
        else:
            header[keyword] = value
    return write_fits(path, data if change is None else change(data), header, ndim=4)


def with_pixels(change: Callable[[Array], Array], **keywords: Any) -> Maker:
    return partial(changed, change=change, **keywords)


def with_keywords(**keywords: Any) -> Maker:
    return partial(changed, **keywords)


def with_background(value: float, dtype: type = np.float32) -> Maker:
    return with_pixels(lambda data: np.where(data, 1, value).astype(dtype))


def with_raw_keyword(make: Maker, keyword: str, value: float) -> Maker:
    """Change how the pixels in the file are read, and not the pixels."""

    def made(mask: Path, path: Path) -> Path:
        make(mask, path)
        with fits.open(path, "update", do_not_scale_image_data=True) as hdus:
            hdus[0].header[keyword] = value
        return path

    return made


def in_hdu(kind: type) -> Maker:
    def made(mask: Path, path: Path) -> Path:
        fits.HDUList([fits.PrimaryHDU(), kind(*fits.getdata(mask, header=True))]).writeto(path)
        return path

    return made


def named(name: str) -> Maker:
    return lambda mask, path: changed(mask, path.with_name(name))


def stops(reason: str) -> Verify:
    """WSClean stops for this reason, and has imaged before."""

    def verify(run: Run, field: Field, mask: Path) -> None:
        assert run.status != 0
        assert reason in run.said
        assert run.made("psf")
        assert run.made("dirty")
        assert not run.made("model")

    return verify


def cleans_anywhere(run: Run, field: Field, mask: Path) -> None:
    """WSClean makes, without complaint, what it makes without a mask."""
    assert np.array_equal(run.model, field.blind_model)
    assert outside(run.model, pixels(mask)) > MANY


def cleans_elsewhere(run: Run, field: Field, mask: Path) -> None:
    """WSClean puts components, without complaint, where the sky is not masked."""
    assert outside(run.model, pixels(mask)) > 0


def cleans_nothing(run: Run, field: Field, mask: Path) -> None:
    """WSClean makes an empty model without complaint."""
    assert run.status == 0
    assert not run.model.any()


def planes(n: int) -> Callable[[Array], Array]:
    return lambda data: np.stack([data] * n)


BAD = {
    "smaller": Bad(
        with_pixels(lambda data: data[:100]),
        stops("mask did not have same dimensions as output image"),
        r"has 128 x 100 pixels, but .*blind-image\.fits has 128 x 128",
    ),
    "TAN": Bad(
        with_keywords(CTYPE1="RA---TAN", CTYPE2="DEC--TAN"), stops("Invalid value for CTYPE1"), "CTYPE1 is 'RA---TAN'"
    ),
    "NCP": Bad(
        with_keywords(CTYPE1="RA---NCP", CTYPE2="DEC--NCP"), stops("Invalid value for CTYPE1"), "CTYPE1 is 'RA---NCP'"
    ),
    "galactic": Bad(
        with_keywords(CTYPE1="GLON-SIN", CTYPE2="GLAT-SIN"), stops("Invalid value for CTYPE1"), "CTYPE1 is 'GLON-SIN'"
    ),
    "arcsec": Bad(
        with_keywords(CUNIT2="arcsec", CDELT2=8.0, CRVAL2=-45.0 * 3600),
        stops("Invalid value for CUNIT2"),
        "CUNIT2 is 'arcsec'",
    ),
    "B1950": Bad(with_keywords(EQUINOX=1950.0), stops("Invalid value for EQUINOX"), "EQUINOX is 1950"),
    "no CRVAL3": Bad(with_keywords(CRVAL3=None), stops("keyword not found"), "CTYPE3 = 'FREQ' but no CRVAL3"),
    "no CDELT3": Bad(with_keywords(CDELT3=None), stops("keyword not found"), "CTYPE3 = 'FREQ' but no CDELT3"),
    "no number": Bad(
        with_keywords(CRVAL3="unknown"), stops("evaluating string as a double"), "CTYPE3 = 'FREQ' but no CRVAL3"
    ),
    "no date": Bad(with_keywords(**{"DATE-OBS": "2024/05/01"}), stops("date"), "DATE-OBS = '2024/05/01' is no date"),
    "no STOKES": Bad(with_keywords(CRVAL4=0.0), stops("Unknown polarization"), "CRVAL4 = 0.0 is no STOKES parameter"),
    **{
        np.dtype(dtype).name: Bad(
            with_pixels(dtype),
            stops("Invalid value for BZERO"),
            r"its pixels are scaled \(BZERO = .*write them as uint8",
        )
        for dtype in (np.int8, np.uint16, np.uint32, np.uint64)
    },
    "BSCALE": Bad(
        with_raw_keyword(with_pixels(np.int16), "BSCALE", 2.0),
        stops("Invalid value for BSCALE"),
        r"its pixels are scaled \(BSCALE = 2\.0",
    ),
    "in an extension": Bad(in_hdu(fits.ImageHDU), stops("NAxis in image < 2"), "its image is in an extension"),
    "tile-compressed": Bad(in_hdu(fits.CompImageHDU), stops("NAxis in image < 2"), "is tile-compressed"),
    "name with [": Bad(named("m[1].fits"), stops("m[1].fits"), r"has a file name with '\['.*WSClean cannot open"),
    "name with +1": Bad(named("m.fits+1"), stops("m.fits+1"), "has a file name with .* '\\+' and a number"),
    "a cube for one channel": Bad(
        with_pixels(planes(3)),
        stops("does not match the number of requested output channels (1)"),
        "has 3 planes, but the imager makes 1 channel",
    ),
    "three planes for two channels": Bad(
        with_pixels(planes(3)),
        stops("does not match the number of requested output channels (2)"),
        "has 3 planes, but the imager makes 2 channels",
        channels=2,
    ),
    "planes of wavelength": Bad(
        with_pixels(planes(2), CTYPE3="WAVE"),
        stops("Multiple images given in fits file"),
        "its 2 planes are on an axis with CTYPE3 = 'WAVE'",
        channels=2,
    ),
    "shifted": Bad(
        with_pixels(lambda data: np.roll(data, 12, axis=1), CRPIX1=SIZE / 2 + 13),
        cleans_elsewhere,
        "is shifted: its pixels lie up to 12 pixels from",
    ),
    "mirrored": Bad(
        with_pixels(lambda data: data[:, ::-1], CRPIX1=SIZE / 2, CDELT1=8 / 3600),
        cleans_elsewhere,
        "is shifted, or has pixels of another size, angle or projection",
    ),
    "NaN": Bad(with_background(np.nan), cleans_anywhere, "pixels are NaN: WSClean takes that for 'clean here'"),
    "infinite": Bad(with_background(np.inf), cleans_anywhere, "pixels are infinite: WSClean takes that"),
    "BLANK": Bad(
        with_raw_keyword(with_background(-32768, np.int16), "BLANK", -32768), cleans_anywhere, "pixels are BLANK"
    ),
    "negative": Bad(with_background(-1), cleans_anywhere, "pixels are negative, down to -1"),
    "nearly zero": Bad(with_background(1e-20), cleans_anywhere, r"pixels are neither 0 nor 1 \(1e-20\)"),
    "an image": Bad(
        lambda mask, _: mask.with_name("blind-image.fits"),
        cleans_anywhere,
        r"blind-image\.fits: is an image, not a mask, for its values are not 0 and 1; give the mask there",
    ),
    "everything": Bad(
        with_pixels(np.ones_like), cleans_anywhere, "every pixel is masked, which is the same as no mask"
    ),
    "empty": Bad(
        with_pixels(np.zeros_like), cleans_nothing, "no pixel is masked: WSClean would .* make an empty model"
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=list(BAD))
def test_check_rejects_what_wsclean_rejects_late_or_misreads(
    field: Field,
    mask: Path,
    good_model: Callable[..., Array],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    bad: Bad,
) -> None:
    extra = () if bad.channels == 1 else ("-channels-out", str(bad.channels))
    arguments = ["--image", str(field.image), "--channels", str(bad.channels)]
    assert main(["check", str(mask), *arguments]) == 0
    assert good_model(*extra).any()
    capsys.readouterr()
    bad_mask = bad.make(mask, tmp_path / "m.fits")
    bad.verify(field.clean(bad_mask, *extra), field, mask)
    assert main(["check", str(bad_mask), *arguments]) == 2
    captured = capsys.readouterr()
    assert str(bad_mask) in captured.err
    assert re.search(bad.says, captured.err), captured.err
