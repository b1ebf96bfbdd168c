"""Who may do what: the rights there are, the roles that bring them, and what a key may use of them.

docs/reference/rights.md shows the same as a table, and a test keeps the two alike.
"""

from django.db.models import TextChoices


class Right(TextChoices):
    """Each is a Django permission of the app `accounts`, but for those that everybody has."""

    READ = "read", "read one's own chats, and who can be talked with"
    CHAT = "chat", "talk with personas"
    READ_DIAGNOSTICS = "read_diagnostics", "see how VALIS is doing, and the ledger of calls"
    READ_CONFIGURATION = "read_configuration", "see providers and engine settings"
    READ_PROMPTS = "read_prompts", "see personas in full, with their prompts"
    EDIT_PERSONAS = "edit_personas", "make and change personas"
    CHANGE_ENGINE = "change_engine", "change and test providers, change engine settings"
    MANAGE_PEOPLE = "manage_people", "make people, give roles and rights, revoke keys of others"
    READ_AUDIT = "read_audit", "read the audit log"
    READ_OTHERS_CHATS = "read_others_chats", "read the chats of other people"

    @property
    def permission(self) -> str:
        """As Django names it."""
        return f"accounts.{self.value}"


class Role(TextChoices):
    """Each is a Django group of this name."""

    VIEWER = "Viewer"
    DEVELOPER = "Developer"
    ADMIN = "Admin"


class Scope(TextChoices):
    """What an API key was made for. It narrows the rights of its owner and never adds one."""

    READ = "read", "read your chats"
    CHAT = "chat", "talk with personas, and read your chats"
    DIAGNOSTICS = "diagnostics", "see how VALIS is doing and how it is set up"
    ADMIN = "admin", "see prompts, and change what you may change"


EVERYBODY = frozenset({Right.READ, Right.CHAT})
"""Who is switched on has these, whatever the role."""

_VIEWER = EVERYBODY | {Right.READ_DIAGNOSTICS, Right.READ_CONFIGURATION}
_DEVELOPER = _VIEWER | {Right.READ_PROMPTS, Right.EDIT_PERSONAS}
_ADMIN = _DEVELOPER | {Right.CHANGE_ENGINE, Right.MANAGE_PEOPLE, Right.READ_AUDIT}
# Reading what others wrote comes with no role: it is given to one person by name.
ROLES: dict[Role, frozenset[Right]] = {
    Role.VIEWER: _VIEWER,
    Role.DEVELOPER: _DEVELOPER,
    Role.ADMIN: _ADMIN,
}

SCOPES: dict[Scope, frozenset[Right]] = {
    Scope.READ: frozenset({Right.READ}),
    Scope.CHAT: EVERYBODY,
    Scope.DIAGNOSTICS: frozenset({Right.READ_DIAGNOSTICS, Right.READ_CONFIGURATION}),
    Scope.ADMIN: _ADMIN - _VIEWER,
}
