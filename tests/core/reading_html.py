"""What a browser would make of HTML: its elements and attributes, as a parser sees them."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

HARMLESS_TAGS = {
    *(
        "p",
        "br",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "em",
        "strong",
        "s",
        "a",
        "ul",
        "ol",
    ),
    *("li", "code", "pre", "span", "table", "thead", "tbody", "tr", "th", "td", "input", "sup", "section"),
}
HARMLESS_ATTRIBUTES = {
    *("href", "title", "rel", "class", "data-language", "start", "type", "checked", "disabled", "id"),
}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.other: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def elements_of(html: str) -> list[tuple[str, dict[str, str]]]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.elements


def dangers_in(html: str) -> list[str]:
    """Everything in it that could run, load, send or disguise something."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    dangers = [f"not an element: {each}" for each in reader.other]
    for tag, attributes in reader.elements:
        if tag not in HARMLESS_TAGS:
            dangers.append(f"<{tag}>")
        dangers += [f"{tag} {name}=" for name in attributes if name not in HARMLESS_ATTRIBUTES]
        scheme = urlsplit(attributes.get("href", "").strip()).scheme.lower()
        if scheme not in {"", "http", "https", "mailto"}:
            dangers.append(f"a link with {scheme}:")
        if tag == "input" and (attributes.get("type") != "checkbox" or "disabled" not in attributes):
            dangers.append("a field to fill in")
        if tag == "a" and "noopener" not in attributes.get("rel", ""):
            dangers.append("a link that knows its opener")
    return dangers
