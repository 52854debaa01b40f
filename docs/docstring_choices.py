"""Words between which a docstring lets one choose, for the site: ``{'a', 'b-c'}`` is shown as ``one of 'a', 'b-c'``.

The reader of docstrings behind mkdocstrings takes the braces for a set of expressions: ``b-c`` for a difference, and
the first word for the default. What is no expression, as these words, it shows as it stands.
"""

import re
from typing import Any

from griffe import Extension

_CHOICES = re.compile(r"^([ \w,*]+ : )\{('[^}]*)\}", re.MULTILINE)


class DocstringChoices(Extension):
    """Rewrites the choices of every docstring that the site shows."""

    def on_object(self, *, obj: Any, **_: Any) -> None:
        """Rewrite those of one function, class or attribute."""
        if obj.docstring is not None:
            obj.docstring.value = _CHOICES.sub(r"\1one of \2", obj.docstring.value)
