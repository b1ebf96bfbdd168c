"""The second API: OpenAI's protocol under `/v1`, with errors in the form its clients expect."""

from ninja import NinjaAPI

from accounts.authentication import AsyncLoginOrKey
from chat.completions.api import router
from chat.completions.forms import error_form
from valis_site.api_errors import answer_errors

openai_api = NinjaAPI(
    title="VALIS in OpenAI's form",
    version="1",
    urls_namespace="openai",
    auth=AsyncLoginOrKey(),
    docs_url=None,
    openapi_url=None,
)
openai_api.add_router("", router)
answer_errors(openai_api, error_form)
