"""Build hook: compiles each C file of src/skerry/kernels to an extension module beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

KERNELS = Path("src/skerry/kernels")
# No contraction to fused multiply-add: the same bits on every processor.
# More flags, for instance of a sanitizer, may be given in CFLAGS.
FLAGS = ["-O3", "-std=c11", "-ffp-contract=off", "-fno-math-errno", "-fvisibility=hidden", "-Wall", "-Wextra"]
STABLE_ABI = "0x030B0000"


class KernelBuildHook(BuildHookInterface[Any]):
    """Compile the kernels for the stable ABI: one wheel for every Python from 3.11 on."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Compile, and add the modules to the wheel."""
        from setuptools import Distribution, Extension
        from setuptools.command.build_ext import build_ext
        from setuptools.errors import BaseError

        root = Path(self.root)
        extensions = [
            Extension(
                f"skerry.kernels.{source.stem}",
                [str(KERNELS / source.name)],
                depends=[str(header.relative_to(root)) for header in (root / KERNELS).glob("*.h")],
                define_macros=[("Py_LIMITED_API", STABLE_ABI)],
                extra_compile_args=FLAGS,
                py_limited_api=True,
            )
            for source in sorted((root / KERNELS).glob("_*.c"))
        ]
        command = build_ext(Distribution({"ext_modules": extensions, "package_dir": {"": "src"}}))
        command.inplace = True
        command.build_temp = str(root / "build" / "kernels")
        command.ensure_finalized()
        try:
            command.run()
        except BaseError as error:
            raise RuntimeError(f"skerry's kernels need a C compiler and Python's headers: {error}") from error
        build_data["artifacts"].append(f"{KERNELS}/*.so")
        build_data["pure_python"] = False
        build_data["tag"] = f"cp311-abi3-{_platform()}"


def _platform() -> str:
    """Platform of this machine in a wheel's name; whether the wheel runs on others is not known here."""
    from packaging.tags import sys_tags

    platforms = (tag.platform for tag in sys_tags())
    return next(name for name in platforms if not name.startswith(("manylinux", "musllinux")))
