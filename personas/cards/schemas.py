"""Wire types of personas as files."""

from ninja import Schema


class SectionOut(Schema):
    """A part of the persona's words. What is cut did not fit; what is long is paid for with every reply."""

    name: str
    tokens: int
    is_long: bool
    is_cut: bool


class SuspiciousOut(Schema):
    """Words that look like instructions to the model rather than like a character."""

    where: str
    words: str


class UrlOut(Schema):
    """An address in the file. It was not asked."""

    where: str
    url: str


class UnsupportedOut(Schema):
    """Something that VALIS keeps or leaves out, without using it."""

    where: str
    what: str


class SafetyReportOut(Schema):
    """What staff should know of a file before its persona speaks."""

    form: str
    total_tokens: int
    sections: list[SectionOut]
    suspicious: list[SuspiciousOut]
    urls: list[UrlOut]
    unsupported: list[UnsupportedOut]


class ImportedOut(Schema):
    """The persona that was made, or would be. `id` is its slug; it is not active."""

    id: str
    name: str
    is_saved: bool
    report: SafetyReportOut
