"""The shipped provider rows, loaded into an empty installation; staff change them from there."""

from typing import Any

from providers.models import EngineSettings, Provider

LOCAL_SERVER = "http://127.0.0.1:11434/v1"

SHIPPED: tuple[dict[str, Any], ...] = (
    {"name": "anthropic", "kind": "anthropic", "priority": 10, "uses_environment": True},
    {"name": "openai", "kind": "openai", "priority": 20, "uses_environment": True},
    {
        "name": "local",
        "kind": "openai",
        "priority": 30,
        "base_url": LOCAL_SERVER,
        "model": "llama3.2",
        # It may have to load first, and then speaks as fast as the machine lets it.
        "first_token_timeout": 60.0,  # nosec B105
        "provider_timeout": 170.0,
    },
    {"name": "desktop-commander", "kind": "desktop_commander", "priority": 40, "is_enabled": False},
)


def load_shipped() -> int:
    """Add what is missing; rows that staff changed stay as they are. Returns how many were added."""
    EngineSettings.objects.get_or_create(pk=1)
    return sum(Provider.objects.get_or_create(name=row["name"], defaults=row)[1] for row in SHIPPED)
