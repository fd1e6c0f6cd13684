"""Real radio images, each through the subcommands by hand: a mask of the image, or one line that says why not.

The images are not part of the project (see `shared_data`). ATCA, VLA, LOFAR, AMI, Parkes, ASKAP and Bolocam made them,
and their headers are as odd as headers are: Galactic CAR with a CD matrix, NCP, the south pole, five axes, a beam that
only the HISTORY of AIPS knows, cubes without one, no unit; and files that are only headers.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from scipy import ndimage

from skerry.cli import main
from skerry.io.image_headers import read_header

AEGEAN, FLINT, PYBDSF, PYSE, RADIO_BEAM = "aegean", "flint", "pybdsf", "pyse", "radio-beam"
SOUTH_POLE = f"{AEGEAN}/1904-66_SIN.fits"
SOUTH_POLE_AITOFF = f"{AEGEAN}/1904-66_AIT.fits"
SOUTH_POLE_HALF = f"{AEGEAN}/1904-66_SIN_half.fits"
SOUTH_POLE_NEGATED = f"{AEGEAN}/1904-66_SIN_neg.fits"
GALACTIC_CENTRE = "astropydata/gc_bolocam_gps.fits"
GALACTIC_CUTOUT = "reproject/galactic_2d.fits"
EXTENDED_FIELD = "caesar/ScorpioExtendedSourceField.fits"
FAINT_FIELD = "caesar/ScorpioFaintSNRField.fits"
FORNAX_A = "caracal/Fornaxa_vla.FITS"
LOFAR = f"{PYSE}/GRB201006A_final_2min_srcs-t0002-image-pb_cutout.fits"
AMI = f"{PYSE}/SWIFT_554620-130504.fits"
AIPS_BEAM = f"{PYSE}/missing_metadata.fits"
VAST = "vast/epoch01.fits"

WITH_BEAM = [
    SOUTH_POLE,
    SOUTH_POLE_AITOFF,
    SOUTH_POLE_HALF,
    SOUTH_POLE_NEGATED,
    f"{AEGEAN}/1904-66_SIN_bkg.fits",
    f"{AEGEAN}/1904-66_SIN_rms.fits",
    f"{AEGEAN}/mask.fits",
    f"{AEGEAN}/small_4D.fits",
    f"{AEGEAN}/small_5D.fits",
    GALACTIC_CENTRE,
    EXTENDED_FIELD,
    FAINT_FIELD,
    FORNAX_A,
    f"{FLINT}/SB39400.RACS_0635-31.beam0-MFS-subimage_rms.fits",
    *(f"{FLINT}/SB56659.RACS_0940-04.beam17.round3-000{n}-image.sub.fits" for n in range(3)),
    *(f"{PYBDSF}/{name}.fits" for name in ("ch0_I", "ch0_V", "mean_I", "pyrank", "rmsd_I")),
    LOFAR,
    AMI,
    VAST,
    "vast/epoch01.meanMap.fits",
    "vast/epoch01.noiseMap.fits",
]
CUBES = {
    f"{AEGEAN}/1904-66_SIN_3d.fits": 3,
    f"{AEGEAN}/1904-66_SIN_cube.fits": 10,
    "reproject/equatorial_3d.fits": 4,
    **{f"{FLINT}/SB63789.EMU_1743-51.beam{n:02}.round4.i.image.cube.sub.fits": 36 for n in range(10)},
}
"""With the number of their planes."""
REFUSED = {
    f"{FLINT}/NVSS.fits": "holds no image",
    f"{PYSE}/lofar.fits": "has 1 axis",
    **{
        f"{RADIO_BEAM}/{name}.fits.gz": "holds no image"
        for name in ("NGC0925.bima.mmom0", "m33_beams_bintable", "m83.moment0", "ngc0925_na")
    },
    f"{RADIO_BEAM}/header_aips.hdr": "cannot be read as a FITS image",
    f"{RADIO_BEAM}/header_jybeam.hdr": "cannot be read as a FITS image",
}

MAC = ("--use-mac", "--positive-seed-clip", "1.5")
DEFAULT = (
    *("--flood-fill", "--flood-fill-use-mac", "--flood-fill-positive-seed-clip", "1.5"),
    *("--flood-fill-positive-flood-clip", "0.8", "--flood-fill-use-mac-adaptive-max-depth", "3"),
)
"""The configuration of the demo field, before erosion."""

NO_EROSION = {
    "snr-mask": ("snr-mask", "SIGNAL"),
    "snr-flood": ("flood", "SIGNAL"),
    "snr-flood-from-seeds": ("flood", "IMAGE", "--rms", "RMS", "--bkg", "BKG", "--seeds", "SEEDS"),
    "mac": ("flood", "IMAGE", *MAC, "--positive-flood-clip", "1.2"),
    "adaptive-mac": ("flood", "IMAGE", *MAC, "--positive-flood-clip", "0.8", "--use-mac-adaptive-max-depth", "3"),
    "low-snr-islands": ("flood", "SIGNAL", "--grow-low-snr-island"),
    "mask": ("mask", "IMAGE", "--no-preset", *DEFAULT),
}
EROSION = {
    "erode": ("erode", "ISLANDS"),
    "erode-by-scales": ("erode", "ISLANDS", "--scales", "0,8,16", "--scale-output", "SCALEMASK"),
    "mask-eroded": ("mask", "IMAGE", "--no-preset", *DEFAULT, "--beam-shape-erode"),
}
SMOOTHED = (
    *(
        "mask",
        "IMAGE",
        "--no-preset",
        "--flood-fill",
        "--flood-fill-statistic",
        "both",
        "--flood-fill-positive-seed-clip",
        "5",
    ),
    *("--flood-fill-mac-seed-factor", "1.6", "--flood-fill-smooth-beams", "1"),
    *("--flood-fill-positive-flood-clip", "2.25", "--flood-fill-mac-flood-factor", "0.5"),
)
"""Both statistics, islands grown through smoothed signal; needs a beam."""
SCALE_MASK = (
    *("scale-mask", "IMAGE", "--scales", "0,8,16", "--positive-seed-clip", "1.5", "--positive-flood-clip", "1.2"),
    *("--mask-output", "UNION"),
)


class Chain(NamedTuple):
    """An image and what its masks are made from."""

    image: Path
    directory: Path

    def file(self, name: str) -> Path:
        return self.directory / f"{name.lower()}.fits"

    def run(self, command: tuple[str, ...], name: str = "output", **more: Path) -> Path:
        """Write a file by a subcommand, in which names in capitals stand for files, and return it."""
        output = more.get("output", self.file(name))
        status = main([*(self._word(word) for word in command), "-o", str(output), "--overwrite"])
        assert status == 0
        return output

    def _word(self, word: str) -> str:
        if not word.isupper():
            return word
        return str(self.image if word == "IMAGE" else self.file(word))


@pytest.fixture(scope="module")
def real(shared_data: Path) -> Path:
    return shared_data / "real"


@pytest.fixture(scope="module")
def chains(real, tmp_path_factory):
    """Make noise, background, signal, seeds and S/N islands of an image, once."""
    made: dict[str, Chain] = {}

    def chain(name: str) -> Chain:
        if name not in made:
            one = made[name] = Chain(real / name, tmp_path_factory.mktemp("chain"))
            noise = ["noise", str(one.image)]
            assert main([*noise, "--rms-output", str(one.file("RMS")), "--bkg-output", str(one.file("BKG"))]) == 0
            one.run(("signal", "IMAGE", "--rms", "RMS", "--bkg", "BKG"), "SIGNAL")
            one.run(("snr-mask", "SIGNAL", "--seeds"), "SEEDS")
            one.run(("flood", "SIGNAL"), "ISLANDS")
        return made[name]

    return chain


def pixels(path: Path) -> NDArray:
    """The single plane of a file, read by astropy."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = fits.getdata(path)
    return data.reshape(data.shape[-2:])


def header(path: Path) -> fits.Header:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fits.getheader(path)


def sky(path: Path) -> WCS:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return WCS(fits.getheader(path)).celestial


def islands(mask: NDArray) -> tuple[NDArray, int]:
    return ndimage.label(mask, np.ones((3, 3)))


GRID_KEYWORD = re.compile(
    r"NAXIS\d?$|(CTYPE|CRVAL|CRPIX|CDELT|CUNIT|CROTA)\d|(CD|PC|PV)\d+_\d+|LONPOLE|LATPOLE|EQUINOX|RADESYS|SPECSYS"
)


def assert_is_a_mask_of(image: Path, mask: Path, dtype: type = np.uint8, largest: int = 1) -> None:
    """Check what every mask must be: on the image's own grid, flags only, and none on a pixel that is not there."""
    wanted, given = header(image), header(mask)
    assert {k: given[k] for k in wanted if GRID_KEYWORD.match(k)} == {
        k: wanted[k] for k in wanted if GRID_KEYWORD.match(k)
    }
    assert "BUNIT" not in given
    data = fits.getdata(mask)
    assert data.dtype.newbyteorder("=") == dtype
    assert data.max(initial=0) <= largest
    invalid = ~np.isfinite(pixels(image))
    assert not np.any(data.reshape(invalid.shape)[invalid])


def the_only_line(capsys: pytest.CaptureFixture[str], image: Path) -> str:
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert error[0].startswith(f"skerry: error: {image}")
    return error[0]


def test_every_real_image_is_tested_here(real):
    found = {path.relative_to(real).as_posix() for path in real.glob("*/*") if path.is_file()}
    assert found == {*WITH_BEAM, *CUBES, *REFUSED, GALACTIC_CUTOUT, AIPS_BEAM}


@pytest.mark.parametrize("route", NO_EROSION)
@pytest.mark.parametrize("name", [*WITH_BEAM, GALACTIC_CUTOUT, AIPS_BEAM])
def test_image_gives_a_mask(name, route, chains):
    chain = chains(name)
    assert_is_a_mask_of(chain.image, chain.run(NO_EROSION[route]))


@pytest.mark.parametrize("route", EROSION)
@pytest.mark.parametrize("name", WITH_BEAM)
def test_image_gives_an_eroded_mask(name, route, chains):
    chain = chains(name)
    assert_is_a_mask_of(chain.image, chain.run(EROSION[route]))


@pytest.mark.parametrize("name", WITH_BEAM)
def test_scales_erode_to_bits_that_nest(name, chains):
    chain = chains(name)
    union = pixels(chain.run(EROSION["erode-by-scales"]))
    assert_is_a_mask_of(chain.image, chain.file("SCALEMASK"), largest=7)
    bits = pixels(chain.file("SCALEMASK"))
    assert set(np.unique(bits)) <= {0, 1, 3, 7}
    assert_array_equal(union, bits != 0)


@pytest.mark.parametrize("name", WITH_BEAM)
def test_image_gives_a_scale_mask_and_its_union(name, chains):
    chain = chains(name)
    scale_mask = chain.run(SCALE_MASK)
    assert_is_a_mask_of(chain.image, scale_mask, largest=7)
    assert_array_equal(pixels(chain.file("UNION")), pixels(scale_mask) != 0)


@pytest.mark.parametrize("name", [SOUTH_POLE, FORNAX_A, LOFAR])
def test_given_seeds_and_own_seeds_make_the_same_islands(name, chains):
    chain = chains(name)
    from_seeds = chain.run(NO_EROSION["snr-flood-from-seeds"])
    assert_array_equal(pixels(from_seeds), pixels(chain.file("ISLANDS")))


@pytest.mark.parametrize("name", CUBES)
def test_a_cube_gives_a_mask_cube(name, real, tmp_path):
    assert main(["mask", "--no-preset", str(real / name), "-o", str(tmp_path / "cube.fits")]) == 0
    masks, cube = fits.getdata(tmp_path / "cube.fits"), fits.getdata(real / name)
    assert masks.shape == cube.shape
    assert masks.max(initial=0) <= 1
    assert not masks[~np.isfinite(cube)].any()


@pytest.mark.parametrize("command", [("mask", "--no-preset"), ("flood", "--use-mac")])
@pytest.mark.parametrize("name", list(CUBES)[:5])
def test_each_plane_of_a_cube_has_the_mask_of_the_plane_cut_out(name, command, real, tmp_path):
    cube = tmp_path / "cube.fits"
    assert main([command[0], str(real / name), *command[1:], "-o", str(cube)]) == 0
    whole = header(real / name)
    planes = fits.getdata(real / name).reshape(-1, whole["NAXIS2"], whole["NAXIS1"])
    masks = fits.getdata(cube).reshape(planes.shape)
    assert fits.getdata(cube).shape == fits.getdata(real / name).shape
    assert len(planes) == CUBES[name]
    cards = fits.Header(
        [card for card in whole.cards if not re.search(r"\d$", card.keyword) or card.keyword[-1] in "12"]
    )
    cards["WCSAXES"] = 2
    for n, plane in list(enumerate(planes))[::5]:
        image, mask = tmp_path / f"{n}.fits", tmp_path / f"{n}.mask.fits"
        fits.PrimaryHDU(plane, cards).writeto(image, output_verify="silentfix")
        assert main([command[0], str(image), *command[1:], "-o", str(mask)]) == 0
        assert_array_equal(masks[n], pixels(mask))


@pytest.mark.parametrize("name", [name for name in CUBES if name.startswith(FLINT)][:2])
def test_a_cube_of_askap_is_eroded_by_the_beams_of_its_table(name, real, tmp_path):
    """Its own planes are 12 pixels wide: a block of pixels with the same coordinates is eroded in their place."""
    with fits.open(real / name) as hdus:
        assert hdus["BEAMS"].data["BMAJ"].std() > 0
        beams = [tuple(map(float, row))[:3] for row in hdus["BEAMS"].data]
        block = np.zeros((1, 36, 64, 64), np.uint8)
        block[..., 12:52, 12:52] = 1
        # Of a channel that is flagged there is neither a beam nor a mask.
        flagged = [channel for channel, (bmaj, _, _) in enumerate(beams) if not bmaj]
        block[:, flagged] = 0
        fits.HDUList([fits.PrimaryHDU(block, hdus[0].header), hdus["BEAMS"]]).writeto(tmp_path / "block.fits")
    assert main(["erode", str(tmp_path / "block.fits"), "-o", str(tmp_path / "eroded.fits")]) == 0
    eroded = fits.getdata(tmp_path / "eroded.fits")[0]
    fits.writeto(tmp_path / "plane.fits", block[0, 0], header(real / name))
    assert not eroded[flagged].any()
    for channel, (bmaj, bmin, bpa) in list(enumerate(beams))[::3]:
        if channel in flagged:
            continue
        beam = ["--bmaj", f"{bmaj}arcsec", "--bmin", f"{bmin}arcsec", "--bpa", str(bpa)]
        output = tmp_path / f"{channel}.fits"
        assert main(["erode", str(tmp_path / "plane.fits"), *beam, "-o", str(output)]) == 0
        assert_array_equal(eroded[channel], pixels(output))
    assert len({plane.sum() for plane in eroded}) > 1


@pytest.mark.parametrize("command", [("noise",), ("mask",), ("flood", "--use-mac"), ("scale-mask", "--scales", "0,8")])
@pytest.mark.parametrize("name", [f"{FLINT}/NVSS.fits", f"{PYSE}/lofar.fits"])
def test_every_subcommand_refuses_what_is_no_plane(name, command, real, tmp_path, capsys):
    outputs = ["--rms-output", "--bkg-output"] if command[0] == "noise" else ["-o"]
    flags = [word for n, flag in enumerate(outputs) for word in (flag, str(tmp_path / f"{n}.fits"))]
    assert main([command[0], str(real / name), *command[1:], *flags]) == 2
    assert REFUSED[name] in the_only_line(capsys, real / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", REFUSED)
def test_file_that_is_no_plane_is_refused(name, real, tmp_path, capsys):
    assert main(["mask", str(real / name), "-o", str(tmp_path / "x.fits")]) == 2
    assert REFUSED[name] in the_only_line(capsys, real / name)


@pytest.mark.parametrize("command", [("mask", "--no-preset", "--erode"), ("scale-mask", "--scales", "0,8")])
def test_image_without_a_beam_is_not_eroded(command, real, tmp_path, capsys):
    image = real / GALACTIC_CUTOUT
    assert main([command[0], str(image), *command[1:], "-o", str(tmp_path / "x.fits")]) == 2
    assert "has no BMAJ and no BMIN" in the_only_line(capsys, image)


def test_mask_of_an_image_without_a_beam_is_eroded_by_another_beam(chains, tmp_path):
    chain = chains(GALACTIC_CUTOUT)
    command = ("erode", "ISLANDS", "--bmaj", "18 arcsec", "--bmin", "18arcsec", "--bpa", "0")
    eroded = pixels(chain.run(command)).astype(bool)
    # The beam is 2.5 pixels wide: its shape at 0.6 is a cross.
    assert_array_equal(eroded, ndimage.binary_erosion(pixels(chain.file("ISLANDS"))))


def test_beam_of_the_aips_history_is_used(real):
    """The cut-out has three pixels, and no mask; its beam is that of HISTORY all the same."""
    assert "BMAJ" not in header(real / AIPS_BEAM)
    history = "\n".join(header(real / AIPS_BEAM)["HISTORY"])
    major = float(re.search(r"CLEAN BMAJ=\s*(\S+)", history)[1])
    assert read_header(real / AIPS_BEAM)["BMAJ"] == pytest.approx(major)


def test_south_pole_with_reference_noise_agrees_with_own_noise_on_what_is_bright(real, chains):
    """The reference was made by BANE, which takes faint sources for noise: its rms is a sixth higher in the middle."""
    chain = chains(SOUTH_POLE)
    maps = ("--rms", str(real / AEGEAN / "1904-66_SIN_rms.fits"), "--bkg", str(real / AEGEAN / "1904-66_SIN_bkg.fits"))
    reference = pixels(chain.run(("mask", "IMAGE", "--no-preset", "--flood-fill", *maps))).astype(bool)
    own = pixels(chain.file("ISLANDS")).astype(bool)
    image, rms = pixels(chain.image), pixels(real / AEGEAN / "1904-66_SIN_rms.fits")
    bright = image > 10 * rms
    assert bright.sum() > 200
    assert reference[bright].all()
    assert own[bright].all()


def test_vast_sources_with_the_reference_noise_are_the_four_of_the_image(real, chains):
    chain = chains(VAST)
    maps = ("--rms", str(real / "vast/epoch01.noiseMap.fits"), "--bkg", str(real / "vast/epoch01.meanMap.fits"))
    mask = pixels(chain.run(("mask", "IMAGE", "--no-preset", "--flood-fill", *maps)))
    labels, count = islands(mask)
    peaks = ndimage.maximum(pixels(chain.image), labels, range(1, count + 1))
    assert sorted(np.round(peaks, 2)) == [1.0, 2.0, 2.0, 2.0]


def test_islands_of_pybdsf_are_masked_with_its_noise_and_its_clips(real, chains):
    """Its map of ranks numbers its islands, of pixels above 3 sigma round one above 5; all of these are masked."""
    chain = chains(f"{PYBDSF}/ch0_I.fits")
    maps = ("--rms", str(real / PYBDSF / "rmsd_I.fits"), "--bkg", str(real / PYBDSF / "mean_I.fits"))
    clips = ("--positive-seed-clip", "5", "--positive-flood-clip", "3")
    mask = pixels(chain.run(("flood", "IMAGE", *maps, *clips)))
    ranks = pixels(real / PYBDSF / "pyrank.fits")
    assert ranks.max() == 32
    assert mask[ranks >= 0].all()


def test_no_pixel_is_masked_where_the_reference_noise_is_zero(real, chains):
    chain = chains(VAST)
    mask = pixels(
        chain.run(
            ("mask", "IMAGE", "--no-preset", "--base-snr-clip", "0", "--rms", str(real / "vast/epoch01.noiseMap.fits"))
        )
    )
    blank = pixels(real / "vast/epoch01.noiseMap.fits") == 0
    assert blank.sum() > 40000
    assert mask.any()
    assert not mask[blank].any()


def test_negated_image_has_an_empty_minimum_absolute_clip(chains, capsys):
    mask = chains(SOUTH_POLE_NEGATED).run(NO_EROSION["mac"])
    assert not pixels(mask).any()
    assert "the mask is empty" in capsys.readouterr().err


@pytest.mark.parametrize("route", ["snr-flood", "mask", "both-smoothed"])
@pytest.mark.parametrize("eroded", [False, True])
def test_lobes_of_fornax_a_have_no_hole(route, eroded, chains):
    """No hole holds a pixel above 5 mJy/beam, 15 times the noise; the lobes are up to 40 mJy/beam."""
    chain = chains(FORNAX_A)
    mask = chain.run({**NO_EROSION, "both-smoothed": SMOOTHED}[route], "whole")
    if eroded:
        mask = chain.run(("erode", "WHOLE"))
    flags = pixels(mask).astype(bool)
    filled = ndimage.binary_fill_holes(flags)
    image = pixels(chain.image)
    assert not np.any(filled & ~flags & (image > 5e-3))
    lobes, _ = islands(image > 5e-3)
    largest_two = np.argsort(np.bincount(lobes.ravel())[1:])[-2:] + 1
    covered = flags[np.isin(lobes, largest_two)].mean()
    assert covered > 0.9999


def test_adaptive_box_mends_the_hole_in_a_lobe_of_fornax_a(chains):
    """The eastern lobe is wider than the box, whose minimum is emission there."""
    chain = chains(FORNAX_A)
    image = pixels(chain.image)
    plain = pixels(chain.run(NO_EROSION["mac"])).astype(bool)
    adaptive = pixels(chain.run((*NO_EROSION["mac"], "--use-mac-adaptive-max-depth", "3"))).astype(bool)
    assert np.any(ndimage.binary_fill_holes(plain) & ~plain & (image > 5e-3))
    assert not np.any(ndimage.binary_fill_holes(adaptive) & ~adaptive & (image > 5e-3))


@pytest.mark.parametrize("box", [35, 75])
def test_lobes_wider_than_the_box_have_no_hole_with_plateaus_and_the_core_is_masked(box, chains):
    chain = chains(FORNAX_A)
    image = pixels(chain.image)
    options = ("--mac-plateaus", "--use-mac-box-size", str(box))
    mask = pixels(chain.run((*NO_EROSION["mac"], *options))).astype(bool)
    assert not np.any(ndimage.binary_fill_holes(mask) & ~mask & (image > 5e-3))
    x, y = sky(chain.image).all_world2pix(50.673825, -37.208227, 0)
    assert mask[round(float(y)), round(float(x))]
    # The adaptive box loses the outskirts of the lobes.
    adaptive = pixels(chain.run((*NO_EROSION["mac"], *options[1:], "--use-mac-adaptive-max-depth", "3"))).astype(bool)
    lobes = ndimage.gaussian_filter(image, 3) > 2e-3
    assert mask[lobes].mean() > 0.97
    assert mask[lobes].sum() > 1.05 * adaptive[lobes].sum()


@pytest.mark.parametrize("route", ["snr-flood", "mask", "mask-eroded", "both-smoothed"])
def test_core_of_fornax_a_is_masked(route, chains):
    chain = chains(FORNAX_A)
    mask = pixels(chain.run({**NO_EROSION, **EROSION, "both-smoothed": SMOOTHED}[route]))
    x, y = sky(chain.image).all_world2pix(50.673825, -37.208227, 0)
    assert mask[round(float(y)), round(float(x))]


def test_default_masks_all_the_bright_emission_of_the_scorpio_field(chains):
    """The brightest diffuse emission is 5 times the noise of a streaky field: 1 mJy/beam holds all there is of it."""
    chain = chains(EXTENDED_FIELD)
    mask = pixels(chain.run(EROSION["mask-eroded"]))
    bright = pixels(chain.image) > 1e-3
    assert bright.sum() > 9000
    assert mask[bright].all()


def test_default_leaves_out_the_spokes_of_the_bright_source_of_the_scorpio_field(chains):
    """Within an arcmin of a source of 77 mJy/beam, where the streaks are worst, hardly a pixel is masked."""
    chain = chains(EXTENDED_FIELD)
    mask, image = pixels(chain.run(EROSION["mask-eroded"])), pixels(chain.image)
    y0, x0 = np.unravel_index(np.argmax(image), image.shape)
    y, x = np.ogrid[: image.shape[0], : image.shape[1]]
    distance = np.hypot(y - y0, x - x0)
    assert mask[y0, x0]
    assert mask[(distance > 12) & (distance < 60)].mean() < 0.01


@pytest.mark.parametrize(("name", "level"), [(LOFAR, 0.5), (AMI, 0.45)])
def test_point_source_eroded_by_its_beam_leaves_its_peak_and_by_the_mirrored_beam_nothing(name, level, chains):
    chain = chains(name)
    image = pixels(chain.image)
    inner = image[20:-20, 20:-20]
    peak = tuple(n + 20 for n in np.unravel_index(np.argmax(inner), inner.shape))
    labels, _ = islands(image > level * image[peak])
    source = fits.PrimaryHDU((labels == labels[peak]).astype(np.uint8), header(chain.image))
    source.data = source.data.reshape(fits.getdata(chain.image).shape)
    source.writeto(chain.file("SOURCE"), overwrite=True)
    beam = header(chain.image)
    eroded = pixels(chain.run(("erode", "SOURCE")))
    sizes = ("--bmaj", str(beam["BMAJ"]), "--bmin", str(beam["BMIN"]))
    mirrored = pixels(chain.run(("erode", "SOURCE", *sizes, "--bpa", str(-beam["BPA"]))))
    y, x = np.nonzero(eroded)
    assert 1 <= len(y) <= 4
    assert np.hypot(y - peak[0], x - peak[1]).max() < 2
    assert not mirrored.any()


def cut_out(image: Path, chain: Chain, mask: Path, name: str) -> Path:
    output = chain.file(name)
    assert main(["extract-beam", str(image), str(mask), "-o", str(output), "--overwrite"]) == 0
    return output


@pytest.mark.parametrize("name", [SOUTH_POLE_AITOFF, SOUTH_POLE_HALF, f"{AEGEAN}/small_4D.fits"])
def test_mask_of_the_south_pole_lies_on_the_sources_of_another_projection(name, real, chains):
    """Each source of the other image that is 20 times the noise or more is masked at its peak."""
    chain = chains(SOUTH_POLE)
    mosaic = chain.run(NO_EROSION["adaptive-mac"], "MOSAIC")
    mask = cut_out(real / name, chain, mosaic, "CUT")
    assert fits.getdata(mask).shape == fits.getdata(real / name).shape
    image, flags = pixels(real / name), pixels(mask)
    labels, count = islands(np.nan_to_num(image) > 1.0)
    # A source on the ragged edge is cut differently by every projection.
    inside = ndimage.binary_erosion(np.isfinite(image), iterations=3)
    peaks = [p for p in ndimage.maximum_position(np.nan_to_num(image), labels, range(1, count + 1)) if inside[p]]
    assert peaks
    assert all(flags[peak] for peak in peaks)


def test_mask_of_the_south_pole_fits_the_other_projection_without_a_shift(real, chains):
    chain = chains(SOUTH_POLE)
    mosaic = chain.run(NO_EROSION["adaptive-mac"], "MOSAIC")
    flags = pixels(cut_out(real / SOUTH_POLE_AITOFF, chain, mosaic, "CUT")).astype(bool)
    own = pixels(chains(SOUTH_POLE_AITOFF).run(NO_EROSION["adaptive-mac"])).astype(bool)

    def overlap(dy: int, dx: int) -> float:
        moved = np.roll(flags, (dy, dx), (0, 1))
        return float((moved & own).sum() / (moved | own).sum())

    shifted = [overlap(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]
    assert overlap(0, 0) > 0.7 > max(shifted)


def test_lower_half_of_an_image_takes_the_lower_half_of_its_mask(real, chains):
    chain = chains(SOUTH_POLE)
    mosaic = chain.run(NO_EROSION["adaptive-mac"], "MOSAIC")
    assert_array_equal(pixels(cut_out(real / SOUTH_POLE_HALF, chain, mosaic, "CUT")), pixels(mosaic)[:100])


@pytest.mark.parametrize("name", [GALACTIC_CENTRE, EXTENDED_FIELD])
def test_mask_cut_out_on_its_own_grid_is_the_mask(name, chains):
    chain = chains(name)
    assert_array_equal(pixels(cut_out(chain.image, chain, chain.file("ISLANDS"), "CUT")), pixels(chain.file("ISLANDS")))


@pytest.mark.parametrize(("beam", "mosaic"), [(GALACTIC_CUTOUT, GALACTIC_CENTRE), (GALACTIC_CENTRE, GALACTIC_CUTOUT)])
def test_galactic_masks_follow_the_sky(beam, mosaic, real, chains):
    chain = chains(mosaic)
    mask = pixels(chain.file("ISLANDS"))
    cut = pixels(cut_out(real / beam, chain, chain.file("ISLANDS"), "CUT"))
    y, x = np.indices(cut.shape)
    there = sky(chain.image).all_world2pix(*sky(real / beam).all_pix2world(x, y, 0), 0)
    # Longitudes just below 360 and just above 0 are neighbours here, and numbers a whole turn apart.
    turn = 360 / abs(np.linalg.det(sky(chain.image).pixel_scale_matrix)) ** 0.5
    column = np.rint((there[0] + turn / 2) % turn - turn / 2).astype(int)
    row = np.rint(there[1]).astype(int)
    inside = (column >= 0) & (row >= 0) & (column < mask.shape[1]) & (row < mask.shape[0])
    expected = np.zeros_like(cut)
    expected[inside] = mask[row[inside], column[inside]]
    assert expected.any()
    assert_array_equal(cut, expected)


@pytest.mark.parametrize(("beam", "mosaic"), [(SOUTH_POLE, GALACTIC_CENTRE), (EXTENDED_FIELD, SOUTH_POLE)])
def test_fields_without_overlap_are_refused(beam, mosaic, real, chains, tmp_path, capsys):
    islands_of_mosaic = chains(mosaic).file("ISLANDS")
    capsys.readouterr()
    assert main(["extract-beam", str(real / beam), str(islands_of_mosaic), "-o", str(tmp_path / "x.fits")]) == 2
    assert "has no pixel in common with the mosaic" in the_only_line(capsys, real / beam)
