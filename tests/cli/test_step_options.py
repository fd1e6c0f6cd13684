"""Options on the command line: one flag each, older flags beside it, a preset below, and what is told of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from conftest import radio_header, write_fits

from skerry import MaskingOptions
from skerry.cli import main
from skerry.config.flags import STEP_OPTIONS, flag_name, other_flags
from skerry.config.presets import load_preset
from skerry.steps.made_mask import MadeMask

MAKERS = {
    "noise": ("noise.make_noise_maps", ["x.fits"]),
    "snr-mask": ("snr_mask.make_snr_mask", ["x.fits"]),
    "flood": ("flood.make_flood_mask", ["x.fits"]),
    "erode": ("erode.make_eroded_mask", ["x.fits"]),
    "scale-mask": ("scale_mask.make_scale_mask", ["x.fits"]),
    "extract-beam": ("extract_beam.make_beam_mask", ["x.fits", "m.fits"]),
    "mask": ("mask.make_mask", ["x.fits"]),
}
WITH_PRESET = [step for step in STEP_OPTIONS if step != "scale-mask"]


class Chosen:
    """What a step would be called with."""

    def __init__(self, monkeypatch):
        self.made = []
        for name, _ in MAKERS.values():
            monkeypatch.setattr(f"skerry.steps.{name}", self._take)

    def _take(self, *given, **more):
        (options,) = (value for value in given if isinstance(value, MaskingOptions))
        self.made.append((options, more.get("preset")))
        return (Path("a"), Path("b")) if "rms_output" in more else MadeMask(Path("m"), Path("s"))

    def by(self, step, *flags):
        """Options and preset of a step that is called with some flags."""
        assert main([step, *MAKERS[step][1], *flags]) == 0
        return self.made.pop()


@pytest.fixture
def chosen(monkeypatch):
    return Chosen(monkeypatch)


def words_of(step, flag, option):
    """A flag with a value that is not the default."""
    field = MaskingOptions.model_fields[option]
    if field.annotation is bool:
        return [flag]
    words = {"flood_fill_statistic": "both", "flood_fill_mac_unit": "sigma", "beam_shape_erode_scales": "0,8"}
    words["flood_fill_use_mac_adaptive_step_factor"] = "1.5"
    return [flag, words.get(option) or ("7" if "int" in str(field.annotation) else "0.3")]


@pytest.mark.parametrize("step", list(STEP_OPTIONS))
def test_each_older_flag_is_that_of_today(step, chosen):
    begin = ["--no-preset"] if step == "mask" else []
    begin += ["--seeds"] if step == "snr-mask" else []
    by_flag = {flag_name(step, option): option for option in STEP_OPTIONS[step]}
    tried = 0
    for older, flag in other_flags(step).items():
        option = by_flag["--" + flag.removeprefix("--no-").removeprefix("--")]
        if option in ("base_snr_clip", "convolve_first"):
            continue  # refused with --seeds, and without scales
        today, then = (chosen.by(step, *begin, *words_of(step, spelling, option)) for spelling in (flag, older))
        assert then == today
        assert option in today[0].model_fields_set
        tried += 1
    assert tried >= (2 if step in ("noise", "extract-beam") else 4)


def test_older_flags_of_the_plain_clip_and_of_smoothing_first_are_taken(chosen):
    assert chosen.by("snr-mask", "--base-snr-clip", "7")[0] == chosen.by("snr-mask", "--base-clip", "7")[0]
    assert chosen.by("mask", "--no-preset", "--base-snr-clip", "7")[0].base_snr_clip == 7


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["flood", "x.fits", "--sed-clip", "5"],
            "No such option: --sed-clip; did you mean --seed-clip?; see skerry flood --help",
        ),
        (["mask", "x.fits", "--mac-box-sise", "5"], "No such option: --mac-box-sise; did you mean --mac-box-size?"),
        (["flood", "x.fits", "--positive-sed-clip", "5"], "--positive-sed-clip; did you mean --seed-clip?"),
        (["mask", "x.fits", "--no-beam-shape-erod"], "--no-beam-shape-erod; did you mean --no-erode?"),
        (["flood", "x.fits", "--qqqq"], "No such option: --qqqq; see skerry flood --help"),
        (["scale-mask", "x.fits", "--preset", "late-round"], "No such option: --preset"),
        (["flood", "x.fits", "--no-preset"], "No such option: --no-preset"),
        (["flood", "x.fits", "--false-islands", "few"], "'few' is neither a number nor none"),
        (["check", "x.fits", "--size", "1024", "--scale", "8asec"], "; --size takes 2 values, NX NY; see skerry check"),
        (["check", "x.fits", "--scale", "8asec", "--size", "1024"], "; --size takes 2 values, NX NY; see skerry check"),
        (["check", "x.fits", "--size"], "; --size takes 2 values, NX NY; see skerry check --help"),
        (["profile", "slurm", "x", "--memory", "1GB"], "No such option: --memory; see skerry profile --help"),
    ],
)
def test_a_flag_that_is_wrong_gets_one_line(words, said, capsys):
    assert main(words) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


@pytest.mark.parametrize("step", WITH_PRESET)
def test_a_step_takes_its_part_of_a_preset_and_tells_its_name(step, chosen, capsys):
    options, preset = chosen.by(step, "--preset", "diffuse")
    part = {name: value for name, value in load_preset("diffuse").options.items() if name in STEP_OPTIONS[step]}
    whole = load_preset("diffuse").options
    assert options.model_dump(exclude_unset=True) == (whole if step == "mask" else part)
    assert preset == (None if step == "noise" else "diffuse")  # It is masks that name their preset.
    assert "no effect" not in capsys.readouterr().err


@pytest.mark.parametrize("step", [step for step in WITH_PRESET if step != "mask"])
def test_a_step_by_hand_has_the_defaults_of_its_options_unless_a_preset_is_named(step, chosen):
    assert chosen.by(step) == (MaskingOptions(), None)


def test_a_file_is_recorded_by_its_name(tmp_path, chosen):
    (tmp_path / "mine.yaml").write_text("flood_fill_positive_seed_clip: 7\n")
    options, preset = chosen.by("flood", "--preset", str(tmp_path / "mine.yaml"), "--flood-clip", "3")
    assert (options.flood_fill_positive_seed_clip, options.flood_fill_positive_flood_clip) == (7, 3)
    assert preset == "mine.yaml"


def test_only_what_the_user_gave_is_called_idle(chosen, capsys):
    chosen.by("flood", "--preset", "late-round", "--statistic", "snr", "--mac-seed-factor", "2")
    warned = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert warned == ["skerry: warning: --mac-seed-factor: no effect, for what it belongs to is off"]


def test_a_preset_asks_for_no_seeds(chosen):
    assert chosen.by("snr-mask", "--preset", "compact")[0].base_snr_clip == 4


@pytest.mark.parametrize(
    ("flag", "option"),
    [
        ("--false-islands", "flood_fill_false_islands"),
        ("--smooth-beams", "flood_fill_smooth_beams"),
        ("--scales", "beam_shape_erode_scales"),
        ("--statistic", "flood_fill_statistic"),
    ],
)
def test_what_a_preset_sets_can_be_put_back_to_none(flag, option, chosen):
    options, _ = chosen.by("mask", flag, "none")
    assert getattr(options, option) is None
    assert option in options.model_fields_set


@pytest.mark.parametrize("step", ["snr-mask", "flood", "erode", "extract-beam"])
def test_each_switch_of_a_step_can_be_switched_off(step, chosen):
    for option in STEP_OPTIONS[step]:
        if MaskingOptions.model_fields[option].annotation is bool and option != "flood_fill_allow_empty":
            off = f"--no-{flag_name(step, option).removeprefix('--')}"
            assert chosen.by(step, off)[0].model_dump(exclude_unset=True) == {option: False}


def test_the_clips_of_a_preset_are_refused_in_another_unit_by_a_step(capsys):
    assert main(["flood", "x.fits", "--preset", "late-round", "--use-mac"]) == 2
    assert capsys.readouterr().err == (
        "skerry: error: preset late-round: --seed-clip 5 and --flood-clip 2.25 are in sigma there, but would be "
        "factors of the MAC with --use-mac; give them too, or leave --preset out\n"
    )


def test_steps_by_a_preset_make_the_mask_of_the_preset(tmp_path, rng, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = rng.normal(0, 1e-3, (160, 160)).astype(np.float32)
    data[70:80, 70:80] += 0.05
    write_fits(tmp_path / "x.fits", data, radio_header(data.shape))
    by = ["--preset", "early-round"]
    for words in (
        ["noise", "x.fits", *by],
        ["signal", "x.fits", "--rms", "x.rms.fits", "--bkg", "x.bkg.fits"],
        ["flood", "x.fits", "--rms", "x.rms.fits", "--bkg", "x.bkg.fits", *by, "-o", "islands.fits"],
        ["erode", "islands.fits", "--signal", "x.signal.fits", *by, "-o", "mask.fits"],
        ["mask", "x.fits", *by, "-o", "whole.fits"],
    ):
        assert main(words) == 0, capsys.readouterr().err
    assert np.array_equal(fits.getdata("mask.fits"), fits.getdata("whole.fits"))
    assert fits.getdata("mask.fits").sum() > 20
