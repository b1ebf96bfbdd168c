"""Markdown as people and models write it."""

import re
import time

import pytest

from core.rendering import MOST_CODE, MOST_MARKDOWN, render_markdown
from tests.core.reading_html import elements_of


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*a* **b** ~~c~~ `d`", "<em>a</em> <strong>b</strong> <s>c</s> <code>d</code>"),
        ("# Title", "<h1>Title</h1>"),
        ("> said", "<blockquote>"),
        ("one\ntwo", "one<br>\ntwo"),
        ("3. c\n4. d", '<ol start="3">'),
        ("| a |\n|---|\n| b |", "<td>b</td>"),
        ("[x](https://a.example/?b=1&c=2 'why')", 'href="https://a.example/?b=1&amp;c=2" title="why"'),
        ("see www.example.org", 'href="http://www.example.org"'),
        ("a < b && c > d", "a &lt; b &amp;&amp; c &gt; d"),
        ("naïve 😀 漢字", "naïve 😀 漢字"),
    ],
)
def test_what_is_written_is_rendered(text: str, html: str) -> None:
    assert html in render_markdown(text)


def test_code_is_coloured_by_classes_and_names_its_language() -> None:
    html = render_markdown("```python\ndef x(): pass\n```")

    assert '<pre class="highlight" data-language="python"><code>' in html
    assert '<span class="k">def</span>' in html
    assert "style=" not in html


@pytest.mark.parametrize("language", ["", "nolanguage", "text", "../../etc", "py thon"])
def test_code_of_any_language_keeps_its_text(language: str) -> None:
    html = render_markdown(f"```{language}\nx = 1 < 2\n```")

    assert re.sub("<[^>]+>", "", html).strip() == "x = 1 &lt; 2"


def test_pictures_are_not_loaded() -> None:
    html = render_markdown("![a cat](https://evil.example/cat.png)")

    assert "<img" not in html
    assert "a cat" in html


def test_items_with_a_box_show_it_and_cannot_be_changed() -> None:
    html = render_markdown("- [ ] buy milk\n- [x] *buy* bread\n- [ ]no box")

    boxes = [attributes for tag, attributes in elements_of(html) if tag == "input"]
    assert boxes == [
        {"type": "checkbox", "disabled": ""},
        {"type": "checkbox", "disabled": "", "checked": ""},
    ]
    assert "buy milk" in html
    assert "<em>buy</em> bread" in html
    assert "[ ]no box" in html
    assert 'class="contains-task-list"' in html


def test_boxes_work_in_lists_within_lists() -> None:
    html = render_markdown("- [ ] outer\n  1. [x] inner\n\n     text\n- plain\n\n- [ ] last")

    assert html.count("<input") == 3


def test_a_link_that_looks_like_a_box_stays_a_link() -> None:
    assert "<a href" in render_markdown("- [x](http://a.example) y")


@pytest.mark.parametrize(
    "formula",
    [
        *("$x_1 + y_1$", "$a*b*c$", "$$a_i_j$$", r"\(x_1 y_2\)", r"\[a*b*c\]", r"$\$_a_$"),
        *("\\[\nx_1\n- y_1\n=\n\\]", "$$\na_i\n+ b_i\n$$"),
    ],
)
def test_formulas_stay_as_they_were_typed(formula: str) -> None:
    html = render_markdown(f"It holds: {formula}" if "\n" not in formula else f"It holds:\n{formula}")

    assert re.sub("<[^>]+>", "", html).strip().removeprefix("It holds:").strip() == formula
    assert "<em>" not in html


@pytest.mark.parametrize(
    "text", ["$5 and *six* for $6", "`$a` and *b* and `$c`", r"\$1 *or* \$2", "$ *a* $", "$1*2*3$4"]
)
def test_prices_and_variables_are_no_formulas(text: str) -> None:
    assert "<em>" in render_markdown(text)


def test_footnotes_stand_at_the_end_and_lead_back() -> None:
    html = render_markdown("One[^a], two[^b], one again[^a].\n\n[^b]: *Second.*\n[^a]: First.", name="7")

    links = [attributes["href"] for tag, attributes in elements_of(html) if tag == "a"]
    ids = [attributes["id"] for _, attributes in elements_of(html) if "id" in attributes]
    assert links == ["#fn-7-1", "#fn-7-2", "#fn-7-1", "#fnref-7-1", "#fnref-7-1:1", "#fnref-7-2"]
    assert {link.removeprefix("#") for link in links} == set(ids)
    assert len(ids) == len(set(ids))
    assert html.index("First.") < html.index("<em>Second.</em>")


def test_footnotes_of_two_texts_do_not_clash() -> None:
    one, other = (render_markdown("a[^1]\n\n[^1]: b", name=name) for name in ("1", "2"))

    assert not {each["id"] for _, each in elements_of(one) if "id" in each} & {
        each["id"] for _, each in elements_of(other) if "id" in each
    }


LONG = {
    "a list of boxes": "- [ ] a\n" * (MOST_MARKDOWN // 8),
    "open brackets": "[" * MOST_MARKDOWN,
    "stars": "*a" * (MOST_MARKDOWN // 2),
    "quotes in quotes": "\n".join(">" * depth + "a" for depth in range(440)),
    "footnotes without an end": "[^a]: b\n\n" + "[^" * (MOST_MARKDOWN // 2 - 10),
    "footnotes in footnotes": "[^a]:" * (MOST_MARKDOWN // 5),
    "dollars": "$1" * (MOST_MARKDOWN // 2),
    "open formulas": "\\(" * (MOST_MARKDOWN // 2),
    "fences": "```python\nx\n```\n" * (MOST_MARKDOWN // 16),
    "code of a slow language": "```rst\n" + "`a" * (MOST_CODE // 2 - 1) + "\n```",
    "code too long to be coloured": "```rst\n" + "`a" * 45_000 + "\n```",
    "megabytes": "[ *a ```rst\n`a" * 100_000,
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_no_text_takes_long_to_render(text: str) -> None:
    # Generous: the machine of the tests may be busy. A lease is 30 s.
    started = time.process_time()
    render_markdown(text)

    assert time.process_time() - started < 10


def test_a_text_too_long_for_the_parser_is_shown_as_it_was_written() -> None:
    html = render_markdown("*a*\n<b>\n" + "x" * MOST_MARKDOWN)

    assert html.startswith("<p>*a*<br>\n&lt;b&gt;<br>\nx")
