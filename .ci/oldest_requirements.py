"""Print the oldest releases that pyproject.toml allows, one a line, as pip reads them."""

import re
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
for requirement in sorted({*project["dependencies"], *(line for lines in extras.values() for line in lines)}):
    print(re.sub(r">=", "==", requirement))
