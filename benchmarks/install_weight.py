"""What the plain install weighs, and what each extra adds: MB and packages, as a table in Markdown.

The plain install goes into a fresh environment and each extra into one that sees it, so that only what is new is
fetched: ``python benchmarks/install_weight.py``, or with names of extras. It takes minutes and a package index, and
counts the files as they are delivered, before Python compiles them. ``docs/install.md`` shows the table.
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOT_FOR_USERS = {"dev"}
MB = 1e6
SHOWN = 4
SMALL_MB = 1


class Weight(NamedTuple):
    """Sizes of what was installed [bytes], by package."""

    sizes: dict[str, int]

    @property
    def total_mb(self) -> float:
        """Size of all packages [MB]."""
        return sum(self.sizes.values()) / MB

    def without(self, base: "Weight") -> "Weight":
        """Return what is not in another."""
        return Weight({name: size for name, size in self.sizes.items() if name not in base.sizes})

    def largest(self) -> str:
        """Name the largest packages with their sizes."""
        order = sorted(self.sizes.items(), key=lambda item: -item[1])
        return ", ".join(f"{name} {size / MB:.0f}" for name, size in order[:SHOWN] if size >= SMALL_MB * MB) or "-"


def installed(folder: Path, extra: str = "", base: Path | None = None) -> Path:
    """Install the checkout with an extra into an environment that sees another, and return where its packages are."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    if base:
        (packages / "base.pth").write_text(f"{base}\n")
    what = f"{ROOT}[{extra}]" if extra else str(ROOT)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "--disable-pip-version-check", what], check=True)
    return packages


def weight(packages: Path) -> Weight:
    """Weigh what an environment has, but for its own tools."""
    sizes = dict(map(weighed, packages.glob("*.dist-info")))
    return Weight({name: size for name, size in sizes.items() if name not in ("pip", "setuptools")})


def weighed(about: Path) -> tuple[str, int]:
    """Return a package's name and the size of all files that its record lists."""
    lines = (about / "RECORD").read_text().splitlines()
    files = {(about.parent / line.rsplit(",", 2)[0].strip('"')) for line in lines}
    return about.name.partition("-")[0].lower().replace("_", "-"), sum(
        path.stat().st_size for path in files if path.is_file()
    )


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        plain = installed(Path(folder) / "plain")
        base = weight(plain)
        print("| extra | packages more | MB more | largest, MB |\n| --- | --- | --- | --- |")
        print(f"| (none) | {len(base.sizes)} | {base.total_mb:.0f} | {base.largest()} |", flush=True)
        for extra in sys.argv[1:] or sorted(PROJECT["optional-dependencies"].keys() - NOT_FOR_USERS):
            more = weight(installed(Path(folder) / extra, extra, plain)).without(base)
            print(f"| `{extra}` | {len(more.sizes)} | {more.total_mb:.0f} | {more.largest()} |", flush=True)


if __name__ == "__main__":
    main()
