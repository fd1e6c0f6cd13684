"""What pyproject.toml cannot say of the build: the compiled kernels, and the files that lie outside of src/."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from build_backend import c_compiler, require_headers
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

KERNELS = Path("src/skerry/kernels")
# No contraction to fused multiply-add: the same bits on every processor.
FLAGS = ["-O3", "-std=c11", "-ffp-contract=off", "-fno-math-errno", "-fvisibility=hidden", "-Wall", "-Wextra"]
# More flags, for instance of a sanitizer, may be given in CFLAGS; else what is for a debugger is left out, four fifths.
FLAGS += [] if "CFLAGS" in os.environ else ["-g0"]
STABLE_ABI = "0x030B0000"
SHIPPED = ["Snakefile", "rules", "profiles", "config/presets"]

Path("build").mkdir(exist_ok=True)


class BuildPackage(build_py):
    """Copy the modules, and the workflow from the root of the checkout, where an editable installation finds it."""

    def run(self) -> None:
        """Copy."""
        # Or modules that are no more would get into the wheel.
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        for name in () if self.editable_mode else SHIPPED:
            target = Path(self.build_lib, "skerry", "_workflow", name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(name, target) if Path(name).is_dir() else shutil.copy(name, target)


class BuildKernels(build_ext):
    """Compile the kernels, with the compiler of this machine or with zig from PyPI; never into src/."""

    def finalize_options(self) -> None:
        """Let an editable installation hold the module itself, beside the path to src/."""
        super().finalize_options()
        self.cython_c_in_temp = True
        if self.editable_mode:
            self.inplace = False
            self.build_lib = self.get_finalized_command("install").install_platlib

    def build_extensions(self) -> None:
        """Compile, with zig for the target that is named, or if there is no compiler."""
        require_headers()
        target = os.environ.get("SKERRY_ZIG_TARGET")
        compiler = None if target else c_compiler()
        if compiler is None:
            # Without a target zig compiles for the processor of this machine alone.
            zig = [sys.executable, "-m", "ziglang", "cc", *(["-target", target] if target else ["-mcpu=baseline"])]
            self._use(zig, "macos" in target if target else sys.platform == "darwin")
            self.extensions[0].define_macros.append(("SKERRY_ZIG", "1"))
        elif self.compiler.compiler[0] != shlex.split(compiler)[0]:
            self._use(shlex.split(compiler), sys.platform == "darwin")
        super().build_extensions()

    def _use(self, compiler: list[str], is_for_mac: bool) -> None:
        shared = ["-shared", *(["-undefined", "dynamic_lookup"] if is_for_mac else [])]
        flags = shlex.split(os.environ.get("CFLAGS", ""))
        self.compiler.set_executables(
            compiler=compiler, compiler_so=[*compiler, "-fPIC", *flags], linker_so=[*compiler, *shared, *flags]
        )


setup(
    ext_modules=[
        Extension(
            "_skerry_kernels",
            [str(KERNELS / "faces/_skerry_kernels.pyx"), *sorted(map(str, KERNELS.glob("loops/*.c")))],
            include_dirs=[str(KERNELS), str(KERNELS / "faces")],
            depends=sorted(map(str, [*KERNELS.glob("loops/*.h"), *KERNELS.glob("faces/*.px*")])),
            define_macros=[("Py_LIMITED_API", STABLE_ABI)],
            extra_compile_args=FLAGS,
            libraries=["m"],
            py_limited_api=True,
        )
    ],
    cmdclass={"build_py": BuildPackage, "build_ext": BuildKernels},
    options={
        "egg_info": {"egg_base": "build"},  # not in src/, where an editable installation would find it
        "bdist_wheel": {"py_limited_api": "cp311"},  # one wheel for every Python from 3.11 on
    },
)
