"""The command lines `mask`, `extractmask` and `scales flatten`."""

from __future__ import annotations

from argparse import ArgumentParser

from skerry.compat.eye_patch import extract, masking, scales
from skerry.compat.eye_patch.log import LOGGER

__all__ = ["cli", "get_parser"]

_COMMANDS = {"mask": masking, "extractmask": extract, "scales": scales}
_HELP = {
    "mask": "Make the mask of an image.",
    "extractmask": "Cut the mask of a beam out of that of a mosaic.",
    "scales": "Make a mask of a scale mask.",
}


def get_parser() -> ArgumentParser:
    """Parser of all subcommands; `mode` of what it parses is the subcommand."""
    parser = ArgumentParser(prog="eye-patch", description="Masks from FITS images, by skerry.")
    commands = parser.add_subparsers(dest="mode")
    for name, module in _COMMANDS.items():
        module.get_parser(commands.add_parser(name, help=_HELP[name]))
    return parser


def cli() -> None:
    """Run the subcommand of the command line; without one tell which there are."""
    parser = get_parser()
    args = parser.parse_args()
    if args.mode is None:
        LOGGER.error("Supplied mode %s is not known", args.mode)
        parser.print_help()
    else:
        _COMMANDS[args.mode].cli(args)
