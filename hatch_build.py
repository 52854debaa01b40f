"""The build's own step: the index of the shipped tables, made from them, goes into the wheel beside them."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class IndexHook(BuildHookInterface[Any]):
    """Writes the index into the source tree, where an editable install reads it and a wheel takes it from."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the index before the files are collected."""
        sources = str(Path(self.root) / "src")
        sys.path.insert(0, sources)
        try:
            from greentrain.catalogue.index import packed_index
            from greentrain.catalogue.table_files import index_file
            from greentrain.catalogue.tables import every_lookup
        finally:
            sys.path.remove(sources)
        file = Path(index_file())
        file.write_bytes(packed_index(every_lookup()))
        build_data["artifacts"].append(file.relative_to(self.root).as_posix())
