"""Static files for a web server in front: named after their content, so that browsers may keep them."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

_IMPORTS = ManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined] # noqa: SLF001


class HashedFiles(ManifestStaticFilesStorage):
    # Our modules import each other by name, which has to become the hashed one too. In scripts of
    # packages, what only looks like an import would be taken for one.
    patterns = (*ManifestStaticFilesStorage.patterns, ("js/*.js", _IMPORTS))
