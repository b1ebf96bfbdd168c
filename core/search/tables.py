"""What is looked through: a table with a column `text`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Searched:
    """The conditions are SQL, with `{row}.` before each column."""

    table: str
    kept: str = "{row}.text <> ''"
    """Which rows are in the index."""
    kept_by_sqlite: str = ""
    """The same and more, where the database can look into other tables for it."""
    changed: str = "UPDATE OF text"
    """After which changes of a row SQLite takes it anew; may go on with a condition (`WHEN`)."""
    scope: str = ""
    """One word per row that narrows a search down, before it looks at any text."""
    is_seldom_written: bool = False
    """Compared with how often it is searched."""
    is_stemmed: bool = False
    """Whether words count as found in another form of theirs (English)."""

    @property
    def index(self) -> str:
        return f"{self.table}_search"

    @property
    def language(self) -> str:
        """As PostgreSQL calls it."""
        return "english" if self.is_stemmed else "simple"
