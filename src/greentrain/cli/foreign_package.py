"""Detection of another project's package that is called greentrain too, in the environment that greentrain runs in.

The name in the public index is another project's, whose import name is the same: installed into one environment, either
may be imported, and each overwrites files of the other. ``estimate`` does not look.
"""

import os
import sys

_OURS = "greentrain.cli:main"
_NAME, _ENDINGS = "greentrain-", (".dist-info", ".egg-info")


def foreign_package() -> str | None:
    """Return one line where such a package is installed; None where it is not."""
    for folder in sys.path:
        for name in _listed(folder or os.curdir):
            if name[: len(_NAME)].lower() == _NAME and name.endswith(_ENDINGS) and not _is_ours(folder, name):
                version = ascii(name[len(_NAME) : name.rindex(".")].partition("-")[0])[1:-1]
                return (
                    f"another project's package greentrain {version[:40]} is installed in this environment and may "
                    "stand in for this one: pip uninstall greentrain greentrain-footprint, then install this again"
                )
    return None


def _listed(folder: str) -> list[str]:
    try:  # the version is told before contextlib and pathlib are loaded
        return os.listdir(folder)  # noqa: PTH208
    except OSError:
        return []


def _is_ours(folder: str, name: str) -> bool:
    """Whether it is this project under the name that it had until 0.1.0."""
    try:
        with open(os.path.join(folder, name, "entry_points.txt"), encoding="utf-8") as file:  # noqa: PTH118, PTH123
            return _OURS in file.read().replace(" ", "")
    except (OSError, ValueError):
        return False
