"""What became of a mask in the imaging is seen by the image, the model and the log."""

from __future__ import annotations

import json
import subprocess
import warnings
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits

from skerry import SkerryError, SkerryWarning
from skerry.cli import main
from skerry.steps.check_clean import check_clean, model_beside

SHAPE = (48, 64)


def mask_of_an_island() -> np.ndarray:
    mask = np.zeros(SHAPE, np.uint8)
    mask[20:26, 30:36] = 1
    return mask


def model_of(*components: tuple[int, int, float]) -> np.ndarray:
    model = np.zeros(SHAPE, np.float32)
    for y, x, flux in components:
        model[y, x] = flux
    return model


GOOD = model_of((22, 32, 1.0), (23, 33, -0.2), (24, 31, 0.4))


def write(directory: Path, model: np.ndarray | None = GOOD, log: str = "", **changes: np.ndarray | fits.Header) -> None:
    """A mask, and what an imager left."""
    header = changes.get("header", radio_header((1, 1, *SHAPE)))
    image = changes.get("image", np.ones(SHAPE, np.float32))
    mask = changes.get("mask", mask_of_an_island())
    write_fits(directory / "m.fits", mask, radio_header((1, 1, *SHAPE)), ndim=4)
    write_fits(directory / "b-image.fits", image, header, ndim=4)
    if model is not None:
        write_fits(directory / "b-model.fits", model, header, ndim=4)
    (directory / "b.log").write_text(log)


def found_in(directory: Path, **given: object) -> dict[str, str]:
    """What is wrong; warned of, and an error if it is to be."""
    mask, image, logs = directory / "m.fits", directory / "b-image.fits", [directory / "b.log"]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        found = check_clean(mask, image, logs=logs, **given).found  # type: ignore[arg-type]
    assert [str(one.message) for one in told] == list(found.values())
    assert all(one.category is SkerryWarning for one in told)
    if found:
        with pytest.raises(SkerryError) as error:
            check_clean(mask, image, logs=logs, strict=True, **given)  # type: ignore[arg-type]
        assert str(error.value) == "; ".join(found.values())
    return found


def test_of_a_clean_in_its_mask_nothing_is_said_also_if_strict(tmp_path: Path) -> None:
    write(tmp_path)
    assert found_in(tmp_path) == {}
    checked = check_clean(tmp_path / "m.fits", tmp_path / "b-image.fits", strict=True)
    assert checked.contents is not None
    assert (checked.size, checked.model) == ((64, 48), tmp_path / "b-model.fits")
    assert checked.contents.total == pytest.approx(1.2)
    assert (checked.contents.pixels, checked.contents.outside) == (3, 0)


@pytest.mark.parametrize("cells", [(47, 63), (48, 63)])
def test_an_image_of_another_size_than_its_mask_is_told_of_once(tmp_path: Path, cells: tuple[int, int]) -> None:
    model = GOOD[: cells[0], : cells[1]]
    write(tmp_path, model, header=radio_header((1, 1, *cells)), image=np.ones(cells, np.float32))
    found = found_in(tmp_path)
    assert list(found) == ["other grid"]
    assert f"b-image.fits: has 63 x {cells[0]} pixels, but " in found["other grid"]


def test_an_image_that_lies_elsewhere_is_told_of(tmp_path: Path) -> None:
    header = radio_header((1, 1, *SHAPE))
    header["CRPIX1"] += 2
    write(tmp_path, header=header)
    assert "up to 2 pixels away" in found_in(tmp_path)["other grid"]


def test_an_image_without_coordinates_need_only_have_the_size(tmp_path: Path) -> None:
    write(tmp_path, header=fits.Header())
    assert found_in(tmp_path) == {}


def test_a_model_of_another_size_than_the_image_is_told_of(tmp_path: Path) -> None:
    write(tmp_path, None)
    write_fits(tmp_path / "b-model.fits", GOOD[:40])
    assert "b-model.fits: has 64 x 40 pixels, but" in found_in(tmp_path)["other grid"]


def test_an_empty_model_is_told_of_unless_the_mask_is_empty(tmp_path: Path) -> None:
    (tmp_path / "both").mkdir()
    write(tmp_path, model_of())
    write(tmp_path / "both", model_of(), mask=np.zeros(SHAPE, np.uint8), log="Stopped on peak nan Jy")
    assert list(found_in(tmp_path)) == ["empty model"]
    assert found_in(tmp_path / "both") == {}


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_flux_outside_of_the_mask_is_told_of_with_its_share(tmp_path: Path, dtype: type) -> None:
    write(tmp_path, model_of((22, 32, 3.0), (22, 29, -1.0)), mask=7 * mask_of_an_island().astype(dtype))
    assert "25 % of its flux lies outside of " in found_in(tmp_path)["outside the mask"]


def test_what_the_transform_of_a_clean_by_scales_leaves_everywhere_is_none(tmp_path: Path) -> None:
    noise = 1e-9 * np.random.default_rng(1).normal(size=SHAPE).astype(np.float32)
    write(tmp_path, GOOD + noise)
    assert found_in(tmp_path) == {}


def test_components_may_spill_by_half_of_the_largest_scale_that_has_any(tmp_path: Path) -> None:
    spilled = model_of((22, 32, 3.0), (22, 25, 1.0))
    used = "- Scale 0 px, nr of components cleaned: 5\n- Scale {} px, nr of components cleaned: 2\n"
    write(tmp_path, spilled, log=used.format(10))
    assert found_in(tmp_path) == {}
    (tmp_path / "b.log").write_text(used.format(8))
    assert "more than 4 pixels away" in found_in(tmp_path)["outside the mask"]
    assert found_in(tmp_path, spill=5) == {}


def test_components_of_both_signs_side_by_side_are_told_of(tmp_path: Path) -> None:
    write(tmp_path, model_of((22, 32, 5.0), (23, 32, -4.0)))
    assert "absolute values is 9, that of its values 1" in found_in(tmp_path)["both signs"]


def test_a_clean_of_stokes_v_has_components_of_both_signs(tmp_path: Path) -> None:
    header = radio_header((1, 1, *SHAPE))
    header.update({"CTYPE4": "STOKES", "CRVAL4": 4.0, "CRPIX4": 1.0, "CDELT4": 1.0})
    write(tmp_path, model_of((22, 32, 5.0), (23, 32, -4.0)), header=header)
    assert found_in(tmp_path) == {}


def test_a_model_that_is_no_number_and_an_image_without_a_valid_pixel_are_told_of(tmp_path: Path) -> None:
    write(tmp_path, model_of((22, 32, np.nan), (23, 32, np.inf)), image=np.full(SHAPE, np.nan, np.float32))
    found = found_in(tmp_path)
    assert set(found) == {"NaN", "no image"}
    assert "b-model.fits: has 2 pixels" in found["NaN"]


def test_what_the_log_says_is_told_with_the_line(tmp_path: Path) -> None:
    write(tmp_path, log="first\nStopping clean because of divergence!\nlast\n")
    assert f'{tmp_path}/b.log: "Stopping clean because of divergence!": ' in found_in(tmp_path)["diverged"]


def test_a_model_that_was_named_and_cannot_be_read_is_told_of_and_one_that_was_not_is_not_missed(
    tmp_path: Path,
) -> None:
    write(tmp_path, None)
    assert found_in(tmp_path) == {}
    assert "absent.fits: there is no such file" in found_in(tmp_path, model=tmp_path / "absent.fits")["no model"]


def test_a_log_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "b.log").unlink()
    assert found_in(tmp_path) == {"no log": f"{tmp_path}/b.log: there is no such file; check the name"}


@pytest.mark.parametrize(
    ("image", "model"),
    [
        ("b-image.fits", "b-model.fits"),
        ("image.b-MFS-image-pb.fits", "image.b-MFS-model-pb.fits"),
        ("b.app.restored.fits", "b.app.model.fits"),
        ("b.image.tt0.fits", "b.model.tt0.fits"),
        ("images.fits", None),
    ],
)
def test_the_model_is_found_by_the_name_of_the_image(tmp_path: Path, image: str, model: str | None) -> None:
    path = tmp_path / "my-image.dir" / image
    assert model_beside(path) is None
    path.parent.mkdir()
    if model is not None:
        (path.parent / model).touch()
    assert model_beside(path) == (None if model is None else path.parent / model)


def test_mask_and_image_have_to_be_readable(tmp_path: Path) -> None:
    write(tmp_path)
    for files in (("m.fits", "absent.fits"), ("absent.fits", "b-image.fits")):
        with pytest.raises(SkerryError, match=r"absent\.fits: there is no such file"):
            check_clean(*(tmp_path / name for name in files))


def test_the_command_line_tells_it_in_a_line_or_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, model_of((22, 32, 3.0), (22, 29, 1.0)))
    given = ["check-clean", str(tmp_path / "m.fits"), "--image", str(tmp_path / "b-image.fits")]
    assert main(given) == 0
    told = capsys.readouterr()
    assert "64 x 48 pixels, model of 4 in 2 pixels, 25 % outside of the mask: outside the mask" in told.out
    assert told.err.startswith(f"skerry: warning: {tmp_path}/b-model.fits: 25 % of its flux")
    assert main([*given, "--json"]) == 0
    as_json = json.loads(capsys.readouterr().out)
    assert (as_json["model_sum"], as_json["outside_fraction"], list(as_json["found"])) == (
        4,
        0.25,
        ["outside the mask"],
    )
    assert main([*given, "--strict"]) == 2
    assert capsys.readouterr().err.startswith(f"skerry: error: {tmp_path}/b-model.fits: 25 % of its flux")
    assert main([*given, "--spill", "1"]) == 0
    assert main([*given, "--spill", "-1"]) == 2


WSCLEAN = ["-size", "128", "128", "-scale", "8asec", "-mgain", "0.8", "-j", "1", "-no-update-model-required"]
CLEANS = {
    "good": (["-niter", "10000", "-auto-threshold", "3"], set()),
    "scales": (["-niter", "2000", "-auto-threshold", "3", "-multiscale", "-multiscale-scales", "0,8"], set()),
    "runaway": (["-niter", "10000", "-auto-threshold", "1", "-gain", "2.5"], {"NaN", "no image"}),
    "endless": (["-niter", "3000", "-threshold", "-1"], {"limit reached"}),
    "too high": (["-niter", "10", "-threshold", "100"], {"empty model"}),
}


def test_wsclean_itself_ends_with_status_0_and_is_seen_through(
    tmp_path: Path, wsclean: str, casacore_tables: object
) -> None:
    del casacore_tables
    made = ["simulate", str(tmp_path / "demo"), "--measurement-sets", "--size", "128", "--beams", "1", "--rounds", "1"]
    assert main(made) == 0
    measurement_set = next((tmp_path / "demo" / "ms").iterdir())

    def clean(name: str, *arguments: str) -> Path:
        command = [wsclean, *WSCLEAN, "-name", str(tmp_path / name), *arguments, str(measurement_set)]
        said = subprocess.run(command, check=True, capture_output=True, text=True)
        (tmp_path / f"{name}.log").write_text(said.stdout + said.stderr)
        return tmp_path / f"{name}-image.fits"

    mask = tmp_path / "m.fits"
    assert main(["mask", str(clean("first", "-niter", "1000", "-auto-threshold", "5")), "-o", str(mask)]) == 0
    assert fits.getdata(mask).any()
    for name, (arguments, wrong) in CLEANS.items():
        image = clean(name, "-fits-mask", str(mask), *arguments)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SkerryWarning)
            found = check_clean(mask, image, logs=[tmp_path / f"{name}.log"]).found
        assert set(found) == wrong, name
