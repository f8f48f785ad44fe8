"""scripts/docs_leftovers.py: the strict build sees Markdown that stands in a page as text."""

import runpy

import pytest

from tests.docs.test_docs_security import ROOT

leftovers = runpy.run_path(str(ROOT / "scripts/docs_leftovers.py"))["leftovers"]
LEFTOVERS = {
    "a snippet that was not included": '<pre><code>--8&lt;-- "a.py"</code></pre>',
    "a snippet that was not included: blanks": '<pre><code><b>--</b>8 <b>&lt;</b> --"a.py"</code></pre>',
    "a code block that is shown as text": "<p>```python</p>",
    "code in a line that is shown as text": "<p>the `name of it</p>",
    "a link that is shown as text": "<td>see [the page](page.md)</td>",
    "emphasis that is shown as text": "<p>**never closed</p>",
    "a mark that is shown as text": "<p>a ==marked== word</p>",
    "a heading that is shown as text": "<p>Text\n## Heading</p>",
    "a list that is shown as text": "<p>Three things:\n- one</p>",
    "a table that is shown as text": "<p>Text\n| a | b |</p>",
    "an admonition that is shown as text": "<p>!!! note</p>",
    "a directive of mkdocstrings that is shown as text": "<p>::: passkeys_django.conf</p>",
    "a tag of a template that is shown as text": "<p>{% raw %}</p>",
    "attributes that are shown as text": '<p>A picture{ .wide width="3" }</p>',
    "an icon that is shown as text": "<p>:material-key: Keys</p>",
}
PAGE = (
    "<h2>Two # signs</h2><h2>1. Configure</h2>"
    "<p>A <code>`code`</code> with <code>{% tag %}</code>, 2**53, 3 - 1 = 2, [x], key=value.</p>"
    "<ul><li><code>- item</code></li></ul><pre><code>## Heading\n- item\n| a | b |\n[a](b)\n!!! note</code></pre>"
)


@pytest.mark.parametrize("kind", LEFTOVERS)
def test_what_nothing_has_read_is_named(kind):
    [found] = leftovers(LEFTOVERS[kind])
    assert found.startswith(kind.partition(":")[0])


def test_code_may_show_markdown_and_prose_may_have_signs():
    assert leftovers(PAGE) == []


def test_a_kind_is_named_once_with_its_place():
    assert leftovers("<p>one [a](b)</p><p>two [c](d)</p>") == ["a link that is shown as text: '](b)\\ntwo [c](d)'"]
