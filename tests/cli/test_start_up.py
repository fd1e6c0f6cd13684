"""What is done for a quick start, and that nothing that is left out for it is missing when it is needed."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import write_fits

from skerry.steps.plot import make_plot


def output_of(code):
    """What a fresh interpreter prints."""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


@pytest.fixture
def image(tmp_path):
    return write_fits(tmp_path / "x.fits", np.ones((20, 20), np.float32))


def test_a_command_on_fits_files_needs_neither_units_nor_scipy(image):
    code = (
        "import sys; from skerry.cli import main\n"
        f"main(['signal', {str(image)!r}, '--rms', {str(image)!r}])\n"
        "print(*sys.modules)"
    )
    modules = output_of(code)
    assert "skerry.masking.signal" in modules
    assert not {"astropy.units", "astropy.wcs", "scipy", "urllib.request"} & set(modules)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads are counted in /proc")
@pytest.mark.parametrize(("chosen", "threads"), [(None, 1), ("2", min(2, os.cpu_count()))])
def test_numpy_starts_no_threads_unless_it_is_told_to(monkeypatch, chosen, threads):
    code = (
        "from skerry.cli.start_up import import_numpy; import_numpy()\n"
        "import numpy, os; print(len(os.listdir('/proc/self/task')))\n"
        "print(*(os.environ.get(name) for name in ('OPENBLAS_NUM_THREADS', 'NUMPY_MADVISE_HUGEPAGE')))"
    )
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if chosen is not None:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", chosen)
    assert output_of(code) == [str(threads), str(chosen), "None"]


def test_what_fits_files_need_of_the_network_is_there_when_it_is_asked_for():
    code = (
        "from skerry.cli.start_up import import_fits; import_fits()\n"
        "import sys; print('astropy.utils.data' in sys.modules)\n"
        "from astropy.io.fits import file\n"
        "print(file._is_url('https://example.org/x.fits'), file._is_url('x.fits'), file._requires_fsspec('s3://b/x.fits'))\n"
        "import astropy.utils.data as data; print(data.__file__.endswith('data.py'))\n"
        "from astropy.units import Quantity; print(Quantity(1, 'Jy').unit)"
    )
    assert output_of(code) == ["False", "True", "False", "True", "True", "Jy"]


def test_what_grids_need_of_coordinates_is_there_when_it_is_asked_for(image):
    code = (
        "from skerry.cli.start_up import import_wcs; import_wcs()\n"
        "import sys; print('astropy.coordinates' in sys.modules)\n"
        "from skerry.io.image_headers import read_header; from skerry.sky.grid import celestial_wcs, pixel_map\n"
        f"header = read_header({str(image)!r}); one = celestial_wcs('x', header)\n"
        "header['RADESYS'], header['EQUINOX'] = 'FK5', 1950.0\n"
        "import numpy as np; at = np.zeros(1), np.zeros(1)\n"
        "print(np.allclose(pixel_map(one, one, (20, 20))(*at), 0), 'astropy.coordinates' in sys.modules)\n"
        "print(abs(pixel_map(one, celestial_wcs('x', header), (20, 20))(*at)[0][0]) > 100)\n"
        "from astropy.wcs.utils import proj_plane_pixel_scales; print(*proj_plane_pixel_scales(one) > 0)"
    )
    assert output_of(code) == ["False", "True", "False", "True", "True", "True"]


def test_what_a_common_beam_needs_is_there_when_it_is_asked_for():
    code = (
        "from skerry.cli.start_up import import_fits, import_wcs; import_fits(); import_wcs()\n"
        "from skerry.sky.common_beam import RestoringBeam, common_beam\n"
        "print(round(common_beam([RestoringBeam(2e-3, 1e-3, angle) for angle in (0, 90)]).bmin, 4))"
    )
    assert output_of(code) == ["0.002"]


def test_a_library_that_is_there_already_is_left_as_it_is():
    code = (
        "import astropy.utils.data as before, sys\n"
        "from skerry.cli.start_up import import_fits; import_fits()\n"
        "import astropy.io.fits; print(sys.modules['astropy.utils.data'] is before)"
    )
    assert output_of(code) == ["True"]


def test_the_status_of_a_process_is_that_of_its_command(tmp_path):
    for arguments, status in ((["--version"], 0), (["signal", str(tmp_path / "x.fits"), "--rms", "x"], 2)):
        result = subprocess.run([sys.executable, "-m", "skerry", *arguments], capture_output=True, text=True)
        assert result.returncode == status
        assert result.stdout if status == 0 else result.stderr


@pytest.mark.parametrize("command", ["signal", "mask", "--help"])
def test_no_command_but_those_that_draw_imports_matplotlib(image, command):
    arguments = {"signal": [str(image), "--rms", str(image)], "mask": [str(image), "--no-preset"]}.get(command, [])
    code = (
        f"import sys; from skerry.cli import main\nmain([{command!r}, *{arguments!r}])\nprint('modules:', *sys.modules)"
    )
    words = output_of(code)
    # The help has words that are names of modules too.
    loaded = set(words[words.index("modules:") :])
    assert "skerry.cli.pictures" in loaded
    assert not {"matplotlib", "skerry.steps.plot", "skerry.pictures.figure", "PIL", "regions"} & loaded


def test_a_picture_needs_no_pyplot(image, tmp_path):
    code = (
        "import sys; from skerry.cli import main\n"
        f"assert main(['plot', {str(image)!r}, '-o', {str(tmp_path / 'x.png')!r}]) == 0\nprint(*sys.modules)"
    )
    loaded = output_of(code)
    assert "matplotlib.backends.backend_agg" in loaded
    assert not {"matplotlib.pyplot", "tkinter"} & set(loaded)


def test_what_pictures_need_of_grids_is_there_when_it_is_asked_for(image, tmp_path):
    code = (
        "from skerry.cli.start_up import import_wcs; import_wcs()\n"
        "from pathlib import Path; from skerry.steps.plot import make_plot\n"
        f"make_plot(Path({str(image)!r}), output=Path({str(tmp_path / 'quick.png')!r}), zoom='60,-45,1arcmin')"
    )
    output_of(code)
    make_plot(image, output=tmp_path / "x.png", zoom="60,-45,1arcmin")
    assert (tmp_path / "quick.png").read_bytes() == (tmp_path / "x.png").read_bytes()


def test_garbage_is_searched_for_while_a_command_works_but_not_in_modules(image):
    code = (
        "import gc, sys\n"
        "import skerry.steps.signal as step\n"
        "step.make_signal_image = lambda *_, **__: print(gc.isenabled(), gc.get_freeze_count() > 10_000)\n"
        "from skerry.cli import run\n"
        f"sys.argv[1:] = ['signal', {str(image)!r}, '--rms', {str(image)!r}]\n"
        "run()"
    )
    assert output_of(code) == ["True", "True"]


def test_a_program_that_calls_the_command_line_keeps_its_searches_for_garbage(image):
    code = (
        "import gc; from skerry.cli import main\n"
        f"main(['signal', {str(image)!r}, '--rms', {str(image)!r}])\n"
        "print(gc.isenabled(), gc.get_freeze_count())"
    )
    assert output_of(code)[-2:] == ["True", "0"]


def test_a_mask_with_artefacts_of_bright_sources_needs_no_scipy(tmp_path, rng):
    y, x = np.ogrid[:200, :200]
    signal = rng.normal(size=(200, 200)) + 300 * np.exp(-((y - 100) ** 2 + (x - 100) ** 2) / 8)
    signal[100, 112], signal[100, 120], signal[100, 118] = 12, 9, -20
    image = write_fits(tmp_path / "bright.fits", signal.astype(np.float32))
    code = f"import sys; from skerry.cli import main\nmain(['mask', {str(image)!r}])\nprint(*sys.modules)"
    modules = output_of(code)
    assert "skerry.masking.artefact_pairs" in modules
    assert "scipy" not in modules
