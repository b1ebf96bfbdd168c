import axes.apps
from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import login_changes  # noqa: F401, PLC0415  (listens)
        from accounts.audit import logins  # noqa: F401, PLC0415  (listens)
        from accounts.roles import create_roles  # noqa: PLC0415

        post_migrate.connect(create_roles, sender=self)


class LockoutConfig(axes.apps.AppConfig):  # type: ignore[misc]
    """django-axes under a name that says what it is for."""

    default = False
    verbose_name = "Refused logins"
