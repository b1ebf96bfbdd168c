"""Static files by VALIS itself: compressed, and kept by browsers as long as they do not change."""

import gzip
import re
from contextlib import closing
from functools import lru_cache
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from whitenoise.middleware import WhiteNoiseMiddleware

from valis_site.static_files import version

_IS_TEXT = re.compile(r"text/|application/json|image/svg|.*javascript")


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Goes to a thread for a file, and for nothing else."""

    sync_capable = async_capable = True
    static_prefix: str

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def add_files_from_finders(self) -> None:
        """Under their own names too: who has such an address need not care for versions."""
        super().add_files_from_finders()
        plain = self.static_prefix
        self.static_prefix = f"{plain}{version()}/"
        super().add_files_from_finders()
        self.static_prefix = plain

    def immutable_file_test(self, path: str, url: str) -> bool:
        if self.use_finders:
            return f"/{version()}/" in url
        return bool(super().immutable_file_test(path, url))

    def __call__(self, request: HttpRequest) -> Any:
        return self._answer(request) if self._is_async else super().__call__(request)

    async def _answer(self, request: HttpRequest) -> Any:
        if request.path_info in self.files:
            return await sync_to_async(self._read_file)(request)
        return await self.get_response(request)

    def _read_file(self, request: HttpRequest) -> HttpResponse:
        """The file as a whole: piece by piece it would be another hop for each."""
        found = super().__call__(request)
        with closing(found):
            answer = HttpResponse(b"".join(found), status=found.status_code)
        answer.headers = found.headers
        if answer.status_code == 200 and _IS_TEXT.match(answer.get("Content-Type", "")):
            _compress(request, answer)
        return answer


def _compress(request: HttpRequest, answer: HttpResponse) -> None:
    patch_vary_headers(answer, ["Accept-Encoding"])
    if not answer.content or not re.search(r"\bgzip\b", request.headers.get("Accept-Encoding", "")):
        return
    answer.content = _compressed(answer.content)
    answer["Content-Encoding"] = "gzip"
    answer["Content-Length"] = str(len(answer.content))
    del answer["ETag"]  # that of the file as it lies there


@lru_cache(maxsize=200)
def _compressed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)
