from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class MemoryConfig(AppConfig):
    name = "memory"

    def ready(self) -> None:
        from memory.index import MEMORIES  # noqa: PLC0415

        pre_migrate.connect(MEMORIES.loosen_before_migrating, sender=self)
        post_migrate.connect(MEMORIES.make_after_migrating, sender=self)
