"""Pages of the site that are made from the code and from documents at the top of the repository, for mkdocs.

``mkdocs build`` reads ``mkdocs.yml``, which names this file among its hooks.
"""

import html
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from greentrain.cli.options import Group
from greentrain.cli.parser import MODULES, command_of

_TOP = Path(__file__).parents[1]
_SHARED = {"CONTRIBUTING.md": "contributing", "CHANGELOG.md": "changelog", "SECURITY.md": "security"}
_EXAMPLE = re.compile(r"^\[[^\]]+\]\(\.\./(examples/[\w./-]+)\)$", re.MULTILINE)
"""A paragraph that is a link to an example: on the site the example itself stands there."""
_BLOCK = re.compile(r'<div class="[^"]*\bhighlight">.*?</div>', re.DOTALL)
_LONG_LINE = 100
"""Characters that a page has room for; a block with a longer line is broken on the site."""
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the documents at the top of the repository, and every other document that lies in ``docs`` to no menu."""
    for name, page in _SHARED.items():
        text = (_TOP / name).read_text(encoding="utf-8")
        files.append(File.generated(config, f"project/{page}.md", content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Put in what the commands say of themselves and the examples, and let links stay inside the site."""
    markdown = _EXAMPLE.sub(lambda found: _shown(found[1]), markdown)
    folder = "" if page.file.src_uri.startswith("project/") else "docs/"
    there = {file.src_uri for file in files}
    linked = _LINK.sub(lambda found: _inside(found, folder, there), markdown)
    return linked.replace("{{ commands }}", _commands()) if "{{ commands }}" in linked else linked


def on_page_content(content: str, page: Any, config: Any, files: Files) -> str:
    """Mark the blocks of code that have lines longer than the page is wide."""
    return _BLOCK.sub(lambda found: _marked(found[0]), content)


def _marked(block: str) -> str:
    text = html.unescape(re.sub(r"<[^>]+>", "", block))
    is_long = max(map(len, text.splitlines()), default=0) > _LONG_LINE
    return block.replace('highlight">', 'highlight long-lines">', 1) if is_long else block


def _shown(file: str) -> str:
    """Write out a file of the repository, below its path."""
    text = (_TOP / file).read_text(encoding="utf-8").rstrip()
    return f"`{file}`\n\n```{file.rpartition('.')[2]}\n{text}\n```"


def _inside(found: "re.Match[str]", folder: str, there: set[str]) -> str:
    """Rewrite a link to a file of the repository; one that is no page of the site becomes a path in words."""
    words, link = found.groups()
    if "://" in link or link.startswith("#"):
        return found[0]
    path, _, anchor = link.partition("#")
    file = str((_TOP / folder / path).resolve().relative_to(_TOP))
    if file == "README.md":
        return f"[{words}]({'' if folder else '../'}index.md)"
    page = f"project/{_SHARED[file]}.md" if file in _SHARED else file.removeprefix("docs/")
    if page not in there or (file not in _SHARED and not file.startswith("docs/")):
        return words if file in words else f"{words} (`{file}`)"
    return f"[{words}]({'' if folder else '../'}{page}{'#' + anchor if anchor else ''})"


def _commands() -> str:
    """Write what ``--help-all`` says of each command."""
    return "\n\n".join(f"## greentrain {name}\n\n```text\n{_help(name).strip()}\n```" for name in _names())


def _names() -> Iterator[str]:
    for name in MODULES:
        found = command_of(name)
        yield from (f"{name} {word}" for word in found.commands) if isinstance(found, Group) else [name]


def _help(command: str) -> str:
    arguments = [sys.executable, "-m", "greentrain", *command.split(), "--help-all"]
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
