"""Every row of the table of traps, with a mask that falls into it, for each imager that has it."""

from __future__ import annotations

import re
import shlex
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest
from astropy.io import fits
from conftest import REPOSITORY, radio_header, write_fits
from numpy.typing import NDArray

from skerry import SkerryError, check_mask
from skerry.cli import main
from skerry.config.imagers import IMAGERS
from skerry.errors import SkerryNote
from skerry.io.headers import scale_facts
from skerry.steps.imager_traps import TRAPS
from skerry.steps.traps import Grade, Trap

SIZE = 75
"""One that every imager makes."""
BY_NAME = {trap.name: trap for trap in TRAPS}
PAIRS = [(trap, imager) for trap in TRAPS for imager in trap.happens]
LOOKED_UP = "docs/imagers.md"


class Case(NamedTuple):
    """A mask that falls into a trap."""

    make: Callable[[Path], Path]
    """Writes it."""
    says: str
    given: Mapping[str, Any] = MappingProxyType({})
    """Arguments of the check, beside the imager."""


def pixels(planes: tuple[int, int] = (1, 1), dtype: Any = np.uint8) -> NDArray[Any]:
    data = np.zeros((*planes, SIZE, SIZE), dtype)
    data[..., 10:15, 10:15] = 1
    return data


def header(shape: tuple[int, ...], **changes: Any) -> fits.Header:
    """Header as tclean's: polarisation before frequency, in LSRK."""
    made = radio_header(shape[-2:])
    for axis, kind in zip(range(3, len(shape) + 1), ("STOKES", "FREQ"), strict=False):
        made[f"CTYPE{axis}"], made[f"CRVAL{axis}"] = kind, 1.0 if kind == "STOKES" else 1.4e9
        made[f"CRPIX{axis}"], made[f"CDELT{axis}"] = 1.0, 1.0
    made["SPECSYS"], made["TELESCOP"], made["DATE-OBS"] = "LSRK", "ASKAP", "2026-11-29T12:00:00"
    for keyword, value in changes.items():
        if value is None:
            del made[keyword.replace("__", "-")]
        else:
            made[keyword.replace("__", "-")] = value
    return made


def mask(data: NDArray[Any] | None = None, name: str = "m.fits", **changes: Any) -> Callable[[Path], Path]:
    data = pixels() if data is None else data
    return lambda directory: write_fits(directory / name, data, header(data.shape, **changes))


def with_value(value: float, dtype: Any = np.float32) -> Callable[[Path], Path]:
    data = pixels(dtype=dtype)
    data[0, 0, 40, 40:43] = value
    return mask(data)


def differing(planes: tuple[int, int] = (2, 1), **changes: Any) -> Callable[[Path], Path]:
    """Two planes, along frequency or polarisation, that are not alike."""
    data = pixels(planes)
    data[-1, -1, 50, 50] = 1
    return mask(data, **changes)


def in_extension(directory: Path) -> Path:
    hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(pixels(), header((1, 1, SIZE, SIZE)))])
    hdus.writeto(directory / "m.fits")
    return directory / "m.fits"


def compressed(directory: Path) -> Path:
    plane = fits.CompImageHDU(pixels()[0, 0], header((SIZE, SIZE)))
    fits.HDUList([fits.PrimaryHDU(), plane]).writeto(directory / "m.fits")
    return directory / "m.fits"


def with_second_hdu(directory: Path) -> Path:
    hdus = fits.HDUList([fits.PrimaryHDU(pixels(), header((1, 1, SIZE, SIZE))), fits.BinTableHDU()])
    hdus.writeto(directory / "m.fits")
    return directory / "m.fits"


def of_axes(number: int) -> Callable[[Path], Path]:
    return mask(pixels().reshape((1,) * (number - 2) + (SIZE, SIZE)))


def cut(directory: Path) -> Path:
    data = pixels()[..., :65, :].copy()
    return write_fits(directory / "m.fits", data, header(data.shape, CRPIX2=SIZE // 2 + 1))


def of_size(size: int) -> Callable[[Path], Path]:
    def make(directory: Path) -> Path:
        data = np.pad(pixels(), ((0, 0), (0, 0), (0, size - SIZE), (0, size - SIZE)))
        return write_fits(directory / "m.fits", data, header(data.shape, CRPIX1=38, CRPIX2=38))

    return make


def as_casa_image(directory: Path) -> Path:
    images = pytest.importorskip("casacore.images", reason="no python-casacore (pip install 'skerry[casacore]')")
    images.image(str(mask(pixels(dtype=np.float32))(directory))).saveas(str(directory / "m.im"))
    return directory / "m.im"


FREQ_FIRST = {"CTYPE3": "FREQ", "CRVAL3": 1.4e9, "CTYPE4": "STOKES", "CRVAL4": 1.0}
CHANNELS = {"channels": 2}
CASES = {
    "casa-image": Case(as_casa_image, "is a CASA image"),
    "file-name": Case(mask(name="m[1].fits"), "has a file name with '\\['"),
    "extension": Case(in_extension, "its image is in an extension"),
    "compressed": Case(compressed, "is tile-compressed"),
    "several-hdus": Case(with_second_hdu, "has 2 HDUs"),
    "scaled": Case(mask(pixels(dtype=np.uint16)), r"its pixels are scaled \(BZERO = 32768\)"),
    "int64": Case(mask(pixels(dtype=np.int64)), r"its pixels are int64 \(BITPIX = 64\)"),
    "projection": Case(mask(CTYPE1="RA---TAN", CTYPE2="DEC--TAN"), "CTYPE1 is 'RA---TAN'"),
    "unit": Case(mask(CUNIT1="DEG"), "CUNIT1 is 'DEG'"),
    "equinox": Case(mask(EQUINOX=1950.0), "EQUINOX is 1950"),
    "axis": Case(mask(CRVAL4="unknown"), "has CTYPE4 = 'FREQ' but no CRVAL4"),
    "date": Case(mask(DATE__OBS="UNKNOWN"), "DATE-OBS = 'UNKNOWN' is no date"),
    "gls": Case(mask(CTYPE1="RA---GLS", CTYPE2="DEC--GLS"), "CTYPE2 is 'DEC--GLS' with CRVAL2 = -45"),
    "two-axes": Case(of_axes(2), "has 2 axes"),
    "three-axes": Case(of_axes(3), "has 3 axes"),
    "not-four-axes": Case(of_axes(3), "has 3 axes"),
    "no-frequency": Case(mask(CTYPE4=None), "has no axis of frequency"),
    "observatory": Case(mask(SPECSYS="TOPOCENT", TELESCOP="simulated"), "has SPECSYS = 'TOPOCENT' and TELESCOP"),
    "axes-order": Case(mask(pixels((1, 2)), **FREQ_FIRST), "its 2 channels are on axis 3, before", CHANNELS),
    "frequencies": Case(mask(pixels((2, 1))), "is a cube of 2 channels", CHANNELS),
    "planes": Case(mask(pixels((2, 1))), "has 2 planes, but the imager makes 3 channels", {"channels": 3}),
    "not-its-channels": Case(mask(pixels((2, 1))), "has 2 planes, but tclean makes 1", {"specmode": "mfs"}),
    "polarisations": Case(mask(pixels((1, 2))), "has 2 planes on axis 3"),
    "fits": Case(mask(), "is a FITS file"),
    "bool": Case(mask(), "is a FITS file"),
    "size": Case(cut, "has 75 x 65 pixels, but .* has 75 x 75"),
    "ddfacet-size": Case(of_size(128), "has 128 x 128 pixels, which no image of DDFacet has .125 x 125 are"),
    "place": Case(mask(CRPIX1=41.0), "is shifted: its pixels lie up to 3 pixels"),
    "small-shift": Case(mask(CRPIX1=38.001), "its pixels lie up to 0.001 pixels from"),
    "nan": Case(with_value(np.nan), "3 pixels are NaN"),
    "infinite": Case(with_value(np.inf), "3 pixels are infinite"),
    "negative": Case(with_value(-1), "3 pixels are negative, down to -1"),
    "values": Case(with_value(0.001), r"3 pixels are neither 0 nor 1 \(0.001\)"),
    "empty": Case(mask(0 * pixels()), "no pixel is masked"),
    "empty-anyway": Case(mask(0 * pixels()), "no pixel is masked", {"allow_empty": True}),
    "full": Case(mask(0 * pixels() + 1), "every pixel is masked"),
    "union": Case(mask(5 * pixels(), **scale_facts((0, 4, 8))), "is a scale mask"),
    "weights": Case(mask(5 * pixels(), **scale_facts((0, 4, 8))), "is a scale mask"),
    "eroded": Case(mask(SKSCALE=8), "is the mask of scale 8, eroded for it", {"multiscale": True}),
    "eroded-perhaps": Case(mask(SKSCALE=8), "is the mask of scale 8, eroded for it"),
    "joined": Case(differing(), "its planes differ", CHANNELS | {"join_channels": True, "imager_version": "3.7"}),
    "before-3.3": Case(differing(), "its planes differ", CHANNELS | {"imager_version": "3.1.0"}),
    "perhaps-before-3.3": Case(differing(), "its planes differ", CHANNELS),
    "falling": Case(differing(CDELT4=-1e6), "its planes differ, and their frequencies fall", CHANNELS),
    "first-plane": Case(differing(), "its 2 planes differ"),
}


@pytest.fixture
def image(tmp_path: Path) -> Path:
    noise = np.random.default_rng(1).normal(size=(1, 1, SIZE, SIZE)).astype(np.float32)
    return write_fits(tmp_path / "image.fits", noise, header(noise.shape))


def told(path: Path, **given: Any) -> dict[Grade, list[str]]:
    """What is told of a mask, without its name, by how bad it is."""
    found: dict[Grade, list[str]] = {grade: [] for grade in Grade}
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            check_mask(path, **given)
        except SkerryError as error:
            first, *lines = str(error).split("\n  ")
            found[Grade.PROBLEM] = lines or [first]
    for one in warned:
        grade = Grade.NOTE if one.category is SkerryNote else Grade.WARNING
        found[grade].append(str(one.message))
    return {grade: [text.removeprefix(f"{path}: ") for text in texts] for grade, texts in found.items()}


@pytest.mark.parametrize(("trap", "imager"), PAIRS, ids=[f"{trap.name}-{imager}" for trap, imager in PAIRS])
def test_a_mask_that_falls_into_a_trap(trap: Trap, imager: str, image: Path, tmp_path: Path) -> None:
    case = CASES[trap.name]
    (tmp_path / "d").mkdir()
    path = case.make(tmp_path / "d")
    texts = told(path, image=image, imager=imager, **case.given)[trap.grade]
    found = [text for text in texts if re.match(case.says, text) and trap.happens[imager] in text]
    assert len(found) == 1
    assert re.match(rf"{case.says}.*: {re.escape(trap.happens[imager])}; \S", found[0])
    assert "\n" not in found[0]
    assert "MASK" not in found[0]


@pytest.mark.parametrize("imager", IMAGERS)
def test_a_mask_that_falls_into_none(imager: str, image: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    found = told(mask()(tmp_path / "d"), image=image, imager=imager)
    assert found[Grade.PROBLEM] == found[Grade.WARNING] == []
    assert len(found[Grade.NOTE]) == {"casa": 1, "astroviper": 1}.get(imager, 0)


@pytest.mark.parametrize(
    "changes", [{"LONPOLE": 180.0, "PC1_1": 1.0}, {"RADESYS": "FK5"}, {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}]
)
def test_the_grid_of_the_image_is_no_other_in_whatever_words_it_is_said(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "d").mkdir()
    shape = (1, 1, SIZE, SIZE)
    image = write_fits(tmp_path / "i.fits", np.zeros(shape, np.float32), header(shape, **changes))
    assert told(mask(**changes)(tmp_path / "d"), image=image, imager="casa")[Grade.PROBLEM] == []


def test_a_frame_that_only_one_has_is_a_shift_for_tclean(image: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    path = mask(RADESYS="ICRS")(tmp_path / "d")
    (problem,) = told(path, image=image, imager="casa")[Grade.PROBLEM]
    assert problem.startswith(f"has RADESYS = 'ICRS', and {image} has no RADESYS: tclean regrids it")


def test_every_trap_has_a_case_and_a_row_in_the_documents() -> None:
    assert set(CASES) == set(BY_NAME)
    assert len(BY_NAME) == len(TRAPS)
    rows = re.findall(r"^\| `([^`]+)` \|", (REPOSITORY / LOOKED_UP).read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in rows if not name.startswith("-")] == list(BY_NAME)


@pytest.mark.parametrize("name", [name for name, trap in BY_NAME.items() if "wsclean" not in trap.happens])
def test_what_only_others_dislike_is_no_problem_unless_it_is_asked_for(name: str, image: Path, tmp_path: Path) -> None:
    """What passes for WSClean passes; only a WSClean-made image is certain to be for none of the others."""
    case = CASES[name]
    (tmp_path / "d").mkdir()
    path = case.make(tmp_path / "d")
    given = {key: value for key, value in case.given.items() if key != "specmode"}
    size = fits.getdata(path).shape[-1]
    channels = int(np.prod(fits.getdata(path).shape[:-2]))
    like = image if size == SIZE else case.make(tmp_path)
    found = told(path, image=like, **given | {"channels": channels, "allow_empty": True})
    if name not in ("gls", "polarisations", "axes-order"):
        assert found[Grade.PROBLEM] == []
    fits.setval(like, "ORIGIN", value="WSClean")
    assert told(path, image=like, **given | {"channels": channels, "allow_empty": True})[Grade.NOTE] == []


@pytest.mark.parametrize(
    ("origin", "noted"), [("CASA 6.7.0-31", "tclean"), ("DDFacet 1.0", "DDFacet"), ("WSClean", "")]
)
def test_the_imager_of_the_image_is_noted(origin: str, noted: str, image: Path, tmp_path: Path) -> None:
    fits.setval(image, "ORIGIN", value=origin)
    (tmp_path / "d").mkdir()
    found = told(of_axes(3)(tmp_path / "d"), image=image)
    assert found[Grade.PROBLEM] == found[Grade.WARNING] == []
    assert all(f": {noted}" in text for text in found[Grade.NOTE])
    assert len(found[Grade.NOTE]) == (noted != "")


def test_a_mask_is_not_for_an_imager_that_would_not_make_its_image(tmp_path: Path) -> None:
    image = write_fits(tmp_path / "i.fits", np.zeros((SIZE, SIZE), np.float32), header((SIZE, SIZE)))
    (tmp_path / "d").mkdir()
    assert told(of_axes(2)(tmp_path / "d"), image=image)[Grade.NOTE] == []


@pytest.mark.parametrize("version", ["3.3", "3.6", "3.10"])
def test_channels_cleaned_apart_have_their_own_planes_since_version_3_3(
    version: str, image: Path, tmp_path: Path
) -> None:
    (tmp_path / "d").mkdir()
    found = told(differing()(tmp_path / "d"), image=image, imager="wsclean", channels=2, imager_version=version)
    assert not any(found.values())


def test_the_command_says_how_the_imager_is_called(image: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    path = differing()(tmp_path / "d")
    command = "wsclean -size 75 75 -channels-out 2 -join-channels -fits-mask m.fits -continue x.ms"
    found = told(path, image=image, command=command)
    assert found[Grade.WARNING] == [
        "WSClean: -continue keeps what the model before has outside the mask; begin with an empty model"
    ]
    assert [text.split(":")[0] for text in found[Grade.PROBLEM]] == [
        "has 75 x 75 pixels, but what WSClean makes of -size 75 75 has 76 x 76",
        "its planes differ",
    ]


def test_what_ddfacet_makes_of_its_size(image: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    path = mask()(tmp_path / "d")
    assert not any(told(path, image=image, imager="ddfacet", npix="76").values())
    (problem,) = told(path, image=image, imager="ddfacet", npix="256,76")[Grade.PROBLEM]
    assert problem.startswith(
        "has 75 x 75 pixels, but what DDFacet makes of --Image-NPix [256,76] has 245 x 75: DDFacet"
    )
    assert f"skerry export {path} --to ddfacet --npix 256" in problem
    assert not any(told(path, scale=6 / 3600, imager="ddfacet", npix="76").values())


def test_a_script_may_do_with_a_mask_what_tclean_does_not(image: Path, tmp_path: Path) -> None:
    """As config/imagers/tclean.py, which puts its pixels onto tclean's own coordinates."""
    (tmp_path / "d").mkdir()
    path = of_axes(2)(tmp_path / "d")
    assert told(path, image=image, imager="casa")[Grade.PROBLEM]
    found = told(path, image=image, command="python tclean.py {ms} {prefix} --mask {mask} imsize=75")
    assert found[Grade.PROBLEM] == found[Grade.WARNING] == []
    assert len(found[Grade.NOTE]) == 2
    found = told(path, image=image, command="python tclean.py {ms} {prefix} --mask {mask} imsize=[80,75]")
    assert "what tclean makes of imsize=[80,75] has 80 x 75" in found[Grade.PROBLEM][0]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--imager aips", "--imager aips: is none that is known; give one of wsclean, casa, ddfacet, pfb, astroviper"),
        ("--imager casa --command 'wsclean x.ms'", "--imager casa: but --command calls wsclean"),
        ("--imager-version new", "--imager-version new: is no version; give numbers with dots"),
        ("--imager ddfacet --npix many", "--npix many: is no size; give pixels"),
        ("--npix 256", "--npix 256: is for DDFacet; give --imager ddfacet, or --size"),
        ("--imager casa --specmode continuum", "--specmode continuum: is none of tclean's; give one of mfs, "),
        ("--channels 0", "--channels 0: must be 1 or more"),
    ],
)
def test_a_wrong_use_gets_one_line(
    words: str, says: str, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d").mkdir()
    path = mask()(tmp_path / "d")
    assert main(["check", str(path), "--image", str(image), *shlex.split(words)]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def test_the_check_is_for_the_imager_that_is_named(
    image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d").mkdir()
    path = mask(pixels(dtype=np.int64))(tmp_path / "d")
    words = ["check", str(path), "--image", str(image), "--imager"]
    assert [main([*words, imager]) for imager in IMAGERS] == [0, 2, 0, 0, 0]
    assert f"{path}: its pixels are int64" in capsys.readouterr().err


def test_a_mask_that_no_imager_reads(tmp_path: Path, image: Path) -> None:
    path = write_fits(tmp_path / "m.fits", np.ones(SIZE, np.uint8), fits.Header())
    for imager in IMAGERS:
        assert told(path, image=image, imager=imager)[Grade.PROBLEM] == [
            "has 1 axis: an imager wants a width and a height; give a 2-D mask"
        ]
