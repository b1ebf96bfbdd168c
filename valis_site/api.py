"""The API: the routers of the apps, put together, with one form for every error."""

from accounts.audit.api import router as audit_router
from accounts.authentication import LOGIN_OR_KEY
from chat.api import router as chat_router
from chat.branching_api import router as branching_router
from core.errors import error_body
from diagnostics.api import router as diagnostics_router
from diagnostics.configuration.api import router as configuration_router
from diagnostics.drills.api import router as drills_router
from diagnostics.fidelity.api import router as fidelity_router
from memory.api import router as memory_router
from memory.staff_api import router as memory_staff_router
from personas.api import router as personas_router
from personas.bots_api import router as bots_router
from personas.cards.api import router as cards_router
from providers.circuits.api import router as circuits_router
from usage.api import router as usage_router
from valis_site.api_errors import answer_errors
from valis_site.described_api import DescribedAPI

api = DescribedAPI(
    title="VALIS",
    version="1",
    description=(
        "Talk with personas and look at the engine. Programs send an API key as `Authorization: Bearer`. "
        "Browsers send their login, and with unsafe requests the CSRF token in `X-CSRFToken`. Every error "
        "has the same form: code, message, details, request_id, timestamp. Fields and endpoints may be added "
        "at any time; nothing is taken away or changed without a new version beside it."
    ),
    auth=LOGIN_OR_KEY,
    openapi_extra={
        "tags": [
            {"name": "chat", "description": "Sessions, messages and turns. Everybody sees their own only."},
            {"name": "personas", "description": "Who can be talked with."},
            {"name": "memory", "description": "What personas know about you."},
            {"name": "audit", "description": "Who did what. For those who may read the audit log."},
            {"name": "diagnostics", "description": "Whether VALIS is well, and how it is set up."},
        ]
    },
)
for router in (
    chat_router,
    branching_router,
    personas_router,
    cards_router,
    bots_router,
    memory_router,
    memory_staff_router,
    diagnostics_router,
    circuits_router,
    usage_router,
    configuration_router,
    drills_router,
    fidelity_router,
    audit_router,
):
    api.add_router("", router)

answer_errors(api, lambda _, code, message, details: error_body(code, message, details))
