"""What the command of an imager says, and the options with which it does not keep to a mask."""

from __future__ import annotations

import re

import pytest
from conftest import REPOSITORY

from skerry.config.imager_options import OPTION_TRAPS, option_warnings
from skerry.config.imagers import ImagerUse, imager_of_origin, npix_of, use_of_command

DOCUMENT = REPOSITORY / "docs" / "imagers.md"


@pytest.mark.parametrize(
    ("command", "imager"),
    [
        ("wsclean -name {prefix} {ms}", "wsclean"),
        ("module load wsclean; OMP_NUM_THREADS=1 nice -n 5 /opt/bin/wsclean-mp -name {prefix} {ms}", "wsclean"),
        ("singularity exec w.sif wsclean {mask_argument} {ms}", "wsclean"),
        ("mkdir -p x && DDF.py --Data-MS {ms}", "ddfacet"),
        ("python /opt/DDF.py --Data-MS {ms}", "ddfacet"),
        ("casa --nogui -c clean.py {ms}", "casa"),
        ("python config/imagers/tclean.py {ms} {prefix}", "casa"),
        ("my-tclean.sh {ms} {prefix} {mask_argument}", "casa"),
        ("pfb kclean --mask {mask}", "pfb"),
        ("python imager.py {ms} {prefix} {mask_argument}", None),
        ("my-imager -name wsclean {ms}", None),
        ("my-imager 'wsclean it' {ms}", None),
        ("my-imager it's {ms}", None),
        ("", None),
    ],
)
def test_whose_command_it_is(command: str, imager: str | None) -> None:
    assert use_of_command(command).imager == imager


def test_of_several_imagers_it_is_the_one_with_the_mask() -> None:
    command = "wsclean -size 9 9 {ms} && wsclean -size 7 8 {mask_argument} {ms}"
    assert use_of_command(command).size == (7, 8)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("wsclean -size 64 48 x", {"size": (64, 48), "asked_size": "-size 64 48"}),
        ("wsclean --size 64 48 -trim 60 40 x", {"size": (60, 40)}),
        ("wsclean -size 64 48 \\\n -channels-out 4 -join-channels -multiscale x", {"channels": 4, "joined": True}),
        ("wsclean -channels-out many x", {"channels": None, "joined": False, "size": None, "multiscale": False}),
        ("DDF.py --Image-NPix 256 --Image-NPix=128", {"size": (128, 128), "asked_size": "--Image-NPix 128"}),
        ("DDF.py --Image-NPix [256,128]", {"size": (256, 128), "asked_size": "--Image-NPix [256,128]"}),
        ("DDF.py x.parset", {"size": None, "asked_size": ""}),
        ("tclean.py a b imsize=[9,8] specmode=cube nchan=3", {"size": (9, 8), "specmode": "cube", "channels": 3}),
        ("tclean.py a b imsize=9 deconvolver=multiscale", {"size": (9, 9), "multiscale": True, "is_script": True}),
    ],
)
def test_what_a_command_says(command: str, said: dict[str, object]) -> None:
    use = use_of_command(command)
    assert {name: getattr(use, name) for name in said} == said


@pytest.mark.parametrize(
    ("text", "size"), [("256", (256, 256)), ("256,128", (256, 128)), ("[ 9 , 8 ]", (9, 8)), ("", None), ("9x8", None)]
)
def test_sizes(text: str, size: tuple[int, int] | None) -> None:
    assert npix_of(text) == size


@pytest.mark.parametrize(
    ("origin", "imager"),
    [("WSClean", "wsclean"), ("CASA 6.7.0-31", "casa"), ("DDFacet 1.0", "ddfacet"), ("AIPS", None), (7, None)],
)
def test_imagers_call_themselves_in_origin(origin: object, imager: str | None) -> None:
    assert imager_of_origin(origin) == imager


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("-casa-mask", "wsclean -casa-mask m.im x"),
        ("-python-deconvolution", "wsclean -python-deconvolution d.py x"),
        ("-iuwt", "wsclean -iuwt x"),
        ("-asp", "wsclean -asp x"),
        ("-continue", "wsclean -continue x"),
        ("-continue with -auto-mask", "wsclean --continue -auto-mask 3 x"),
        ("--Mask-Auto", "DDF.py --Mask-Auto 1"),
    ],
)
def test_an_option_with_which_an_imager_does_not_keep_to_a_mask(name: str, command: str) -> None:
    (trap,) = (trap for trap in OPTION_TRAPS if trap.name == name)
    (warning,) = option_warnings(use_of_command(command))
    assert trap.happens in warning
    assert trap.mend in warning


@pytest.mark.parametrize(
    "command", ["wsclean -auto-mask 3 -multiscale x", "DDF.py --Mask-Auto 0", "DDF.py x", "", "pfb"]
)
def test_options_with_which_it_does(command: str) -> None:
    assert option_warnings(use_of_command(command)) == option_warnings(ImagerUse()) == []


def test_every_option_has_a_row_in_the_documents() -> None:
    rows = re.findall(r"^\| `(-[^`]+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [trap.name for trap in OPTION_TRAPS]
