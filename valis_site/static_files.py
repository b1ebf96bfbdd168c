"""Names of static files that change with their content, so that browsers may keep them."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, StaticFilesStorage

_IMPORTS = ManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined] # noqa: SLF001


class HashedFiles(ManifestStaticFilesStorage):
    """Collected for a web server in front: each has a name of its own content."""

    # Our modules import each other by name, which has to become the hashed one too. In scripts of
    # packages, what only looks like an import would be taken for one.
    patterns = (*ManifestStaticFilesStorage.patterns, ("js/*.js", _IMPORTS))


class VersionedFiles(StaticFilesStorage):
    """Served from where they are: a folder is put before them, named after the content of them all.

    Their relative names for each other stay true in it.
    """

    def url(self, name: str | None) -> str:
        return super().url(f"{version()}/{name.lstrip('/')}") if name else super().url(name)


@cache
def version() -> str:
    found = {
        path: storage.path(path) for finder in finders.get_finders() for path, storage in finder.list(None)
    }
    digest = sha256()
    for path in sorted(found):
        digest.update(path.encode())
        digest.update(Path(found[path]).read_bytes())
    return digest.hexdigest()[:12]
