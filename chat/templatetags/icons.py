"""Icons of messages and replies, which a page has many of: each is drawn once, and then named.

`{% icon_sheet %}` stands once in the page, `{% icon "copy" size=15 %}` wherever it shows.
"""

from functools import cache

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

register = template.Library()

IN_ENTRIES = (
    *(
        "check",
        "chevron-left",
        "chevron-right",
        "circle-stop",
        "circle-x",
        "clock",
        "columns-2",
        "copy",
        "cpu",
    ),
    *("hourglass", "life-buoy", "pencil", "quote", "refresh-cw", "rotate-ccw", "route", "sparkles", "unplug"),
    *("scissors", "user", "users"),
)


@register.simple_tag
def icon(name: str, *, size: int, **attributes: str) -> SafeString:
    if name not in IN_ENTRIES:
        raise template.TemplateSyntaxError(f"{name} is not among the icons of the sheet.")
    named = ((key.replace("_", "-"), value) for key, value in attributes.items())
    return format_html(
        '<svg width="{0}" height="{0}" aria-hidden="true"{1}><use href="#icon-{2}"/></svg>',
        size,
        format_html_join("", ' {}="{}"', named),
        name,
    )


@register.simple_tag
@cache
def icon_sheet() -> SafeString:
    symbols = "".join(map(_symbol, IN_ENTRIES))
    return mark_safe(f"<svg hidden>{symbols}</svg>")  # noqa: S308  # nosec B308 B703  (lucide's own)


def _symbol(name: str) -> str:
    drawn = str(lucide(name, size=None, id=f"icon-{name}"))
    sized = drawn.replace(' width="24" height="24"', "", 1)
    return sized.replace("<svg", "<symbol", 1).replace("</svg>", "</symbol>")
