from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat.search.index import loosen_before_migrating, make_after_migrating  # noqa: PLC0415

        pre_migrate.connect(loosen_before_migrating, sender=self)
        post_migrate.connect(make_after_migrating, sender=self)
