"""The full-text index of what people said, and of what was replied."""

from core.search.index import FullText
from core.search.tables import Searched

_SAID = Searched(table="chat_message")
# A reply that is being written is stored every second: its words wait until it has ended.
_REPLIED = Searched(
    table="chat_attempt",
    kept="{row}.status <> 'streaming' AND {row}.text <> ''",
    kept_by_sqlite="""EXISTS (SELECT 1 FROM chat_turn
        JOIN chat_session ON chat_session.id = chat_turn.session_id
        WHERE chat_turn.id = {row}.turn_id AND NOT chat_session.is_transient)""",
    changed="UPDATE OF text, status WHEN new.status <> 'streaming' OR old.status <> 'streaming'",
)

CHATS = FullText(_SAID, _REPLIED)
