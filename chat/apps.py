from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat.remembering import without_memories  # noqa: PLC0415
        from chat.search.index import CHATS  # noqa: PLC0415
        from memory.signals import forgotten  # noqa: PLC0415

        pre_migrate.connect(CHATS.loosen_before_migrating, sender=self)
        forgotten.connect(without_memories)
        post_migrate.connect(CHATS.make_after_migrating, sender=self)
