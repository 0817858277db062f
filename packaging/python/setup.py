"""Builds the native programs with make and puts them into the wheel.

The sources are those of the checkout that this folder is in or, in a source distribution, the folder `native/`.
The wheel's tag names the newest glibc version that its files refer to.
"""
import os
import re
import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:
    from wheel.bdist_wheel import bdist_wheel

HERE = Path(__file__).resolve().parent
PROGRAMS = ("bin/pooltrace", "lib/pooltrace/libpooltrace.so", "lib/pooltrace/libpooltrace-enact.so",
            "lib/pooltrace/pooltrace-replay")
OLDEST_GLIBC = (2, 35)


def native_sources():
    bundled = HERE / "native"
    return bundled if (bundled / "Makefile").exists() else Path(os.environ.get("POOLTRACE_SOURCES", HERE.parent.parent))


def version():
    makefile = (native_sources() / "Makefile").read_text()
    return re.search(r"^VERSION = (\S+)$", makefile, re.M).group(1)


def shared_libraries(program):
    """The libraries that a program needs and glibc does not bring, as (name, path)."""
    listing = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    of_glibc = re.compile(r"lib(c|m|dl|rt|pthread)\.so|ld-linux")
    return [(name, path) for name, path in re.findall(r"(\S+) => (/\S+)", listing) if not of_glibc.search(name)]


def glibc_needed(files):
    needed = OLDEST_GLIBC
    for f in files:
        symbols = subprocess.run(["objdump", "-T", f], check=True, capture_output=True, text=True).stdout
        for major, minor in re.findall(r"GLIBC_(\d+)\.(\d+)", symbols):
            needed = max(needed, (int(major), int(minor)))
    return needed


class BuildNative(build_py):
    """Installs the programs below pooltrace/_native, with the libraries that they need."""

    def run(self):
        super().run()
        prefix = Path(self.build_lib).resolve() / "pooltrace" / "_native"
        jobs = f"-j{os.cpu_count() or 1}"
        subprocess.run(["make", "-s", "-C", native_sources(), jobs, "RELOCATABLE=1", f"PREFIX={prefix}", "install"],
                       check=True, stdout=2)
        for name, path in shared_libraries(prefix / "bin" / "pooltrace"):
            self.copy_file(path, str(prefix / "lib" / name))
        for program in PROGRAMS:
            subprocess.run(["strip", "--strip-debug", prefix / program], check=True)


class NativeWheel(bdist_wheel):
    """A wheel for every Python 3 on this kind of machine."""

    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self):
        native = Path(self.bdist_dir) / "pooltrace" / "_native"
        files = [f for f in native.rglob("*") if f.is_file() and (f.name.startswith("lib") or f.parent.name == "bin")
                 and f.suffix != ".1"]
        major, minor = glibc_needed(files) if files else OLDEST_GLIBC
        return "py3", "none", f"manylinux_{major}_{minor}_x86_64"


setup(version=version(), packages=["pooltrace"], package_data={"pooltrace": ["py.typed"]},
      cmdclass={"build_py": BuildNative, "bdist_wheel": NativeWheel})
