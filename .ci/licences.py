"""The licences of greentrain and of all that it installs, one package a line; code 1 where one is not known to be free.

Reads what is installed, without network.
"""

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution

FREE = re.compile(
    r"\b(MIT|BSD|Apache|Python Software Foundation|PSF|ISC|MPL|Mozilla Public|Zlib|Unlicense|0BSD|LGPL"
    r"|Lesser General Public|CC0|CNRI|HPND)\b",
    re.IGNORECASE,
)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def needed(root: str) -> dict[str, Distribution]:
    """Find a package and all that it needs without extras, by name, so far as installed."""
    found: dict[str, Distribution] = {}
    names = [root]
    while names:
        name = names.pop().lower().replace("_", "-")
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:  # wanted on another system only
            continue
        names += [NAME.match(line)[0] for line in found[name].requires or () if "extra ==" not in line]
    return found


def licence(package: Distribution) -> str:
    """Return what a package says of its licence: an expression, classifiers, or a first line."""
    about = package.metadata
    classified = [line.rpartition(" :: ")[2] for line in about.get_all("Classifier", []) if line.startswith("License")]
    stated = (about.get("License") or "").strip().splitlines()
    return about.get("License-Expression") or ", ".join(classified) or (stated[0][:80] if stated else "")


def main() -> int:
    """Print the list, and complain of what is not free."""
    code = 0
    for name, package in sorted(needed("greentrain-footprint").items()):
        stated = licence(package)
        print(f"{name:<28} {package.version:<14} {stated}")
        if not FREE.search(stated):
            print(f"{name}: the licence {stated!r} is not known to be free", file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
