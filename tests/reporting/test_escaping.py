"""Text of the user in the languages of the forms."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from greentrain.reporting.escaping import latex, markdown, one_line, yaml_string


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50 % of R&D_2 #1", r"50 \% of R\&D\_2 \#1"),
        ("a\\b{c}$d$", r"a\textbackslash{}b\{c\}\$d\$"),
        ("x^2 ~ <y>|z", r"x\textasciicircum{}2 \textasciitilde{} \textless{}y\textgreater{}\textbar{}z"),
        ("say \"it's`", r"say {\char34}it's{\char96}"),
        ("\u00e9\u2013\u00df", "\u00e9--\u00df"),
        ("\u4e2d\U0001f331", "[U+4E2D][U+1F331]"),
        ("two\nlines\x00", "two lines"),
    ],
)
def test_latex(text: str, expected: str) -> None:
    """Special characters are escaped, letters that the usual fonts lack are named."""
    assert latex(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a|b`c*d_e", r"a\|b\`c\*d\_e"),
        ("[x](javascript:1) $y$ & #1", r"\[x\](javascript:1) \$y\$ &amp; \#<!-- -->1"),
        ("two\r\nlines", "two lines"),
        ("http://a.example/x HTTPS://b", "http&#58;//a.example/x HTTPS&#58;//b"),
        ("www.a.example, Www.b, awww.c", "www&#46;a.example, Www&#46;b, awww.c"),
        ("by @octo-cat, me@a.example, a @ b", "by @<!-- -->octo-cat, me@<!-- -->a.example, a @ b"),
        ("octo/repo#12 GH-3 # 4", r"octo/repo\#<!-- -->12 GH-<!-- -->3 \# 4"),
        ("<http://a>", "&lt;http&#58;//a&gt;"),
        ("a: b // c", "a: b // c"),
    ],
)
def test_markdown(text: str, expected: str) -> None:
    """Neither markup, HTML nor formulas get through, and a cell of a table stays one."""
    assert markdown(text) == expected


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_a_yaml_string_is_read_back_as_it_was(text: str) -> None:
    """Any text at all, on one line."""
    written = yaml_string(text)
    assert yaml.safe_load(f"key: {written}") == {"key": text}
    assert len(written.splitlines()) == 1


def test_one_line_drops_what_cannot_be_printed() -> None:
    """Tabs, line ends and control characters become one blank."""
    assert one_line(" a\t\x1b[31mb\u2028c ") == "a [31mb c"
