"""Install the imagers that masks are tried with, each in an environment of its own.

    python tests/imagers/install.py DIRECTORY [casa] [ddfacet] [wsclean]
    SKERRY_IMAGERS=DIRECTORY pytest tests/imagers

What is there already is kept. CASA takes 1.8 GB and a minute, DDFacet 0.8 GB and the minutes that compiling it lasts;
both need Python 3.11 or 3.12. WSClean comes from a Debian newer than most machines have, laid into a folder by
debootstrap, which the root account alone may do: 0.4 GB and two minutes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

PACKAGES = {
    "casa": ["casatasks==6.7.0.31", "casatools==6.7.0.31", "casadata==2025.9.22", "six==1.17.0"],
    "ddfacet": ["ddfacet==1.0.0.0"],
}
DEBIAN = "trixie"
"""Its WSClean is 3.6."""
CASA_CONFIGURATION = """\
import casadata

datapath = [casadata.datapath]
measures_auto_update = False
data_auto_update = False
"""
"""For ~/.casa/config.py: the data that were installed, and nothing from the network."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("imagers", nargs="*", choices=[[], *INSTALL], metavar="IMAGER", default=list(INSTALL))
    given = parser.parse_args()
    for name in given.imagers:
        place = given.directory.resolve() / name
        if (place / "installed").exists():
            continue
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        INSTALL[name](place)
        (place / "installed").touch()
        print(f"{name}: in {place}", flush=True)


def install_packages(place: Path) -> None:
    if not (3, 11) <= sys.version_info < (3, 13):
        sys.exit(f"{place.name}: needs Python 3.11 or 3.12, and this is {sys.version.split()[0]}; choose one of them")
    venv.create(place, with_pip=True)
    subprocess.run([place / "bin" / "pip", "install", "--quiet", *PACKAGES[place.name]], check=True)


def install_casa(place: Path) -> None:
    install_packages(place)
    configuration = place / "home" / ".casa" / "config.py"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(CASA_CONFIGURATION)


def install_wsclean(place: Path) -> None:
    if shutil.which("debootstrap") is None or os.geteuid() != 0:
        sys.exit(f"{place.name}: needs debootstrap (Debian: apt-get install debootstrap) and the root account")
    command = ["debootstrap", "--variant=minbase", "--include=wsclean", DEBIAN, str(place)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


INSTALL: dict[str, Callable[[Path], None]] = {
    "casa": install_casa,
    "ddfacet": install_packages,
    "wsclean": install_wsclean,
}

if __name__ == "__main__":
    main()
