"""What chats have to do with memory: what comes to mind for a turn, and what goes with deleted messages."""

from collections.abc import Iterable
from typing import Any

from chat.briefs import Brief
from chat.models import Message, Session, Turn
from memory.recall import Recalled, recall
from memory.sources import forget_messages, restore_messages, withdraw_messages
from memory.switches import may_remember
from providers.limits import EngineLimits

_FEW = 20


def memories_for(turn: Turn, limits: EngineLimits) -> tuple[Recalled, ...]:
    """For a turn as `waiting_turn` gives it. Without anything to recall no statement is made."""
    if turn.persona is None or not turn.persona.has_memory or not turn.may_recall:
        return ()
    brought = Brief.from_json(turn.brief).dialogue
    question = brought[-1].text if brought else turn.question.text
    return recall(question, persona_id=turn.persona.pk, person_id=turn.session.owner_id, limits=limits)


def memories_next(session: Session, question: str, limits: EngineLimits) -> tuple[Recalled, ...]:
    """What would come to mind if this were asked next."""
    persona, person_id = session.persona, session.owner_id
    if persona is None or not may_remember(person_id=person_id, persona=persona, limits=limits):
        return ()
    return recall(question, persona_id=persona.pk, person_id=person_id, limits=limits)


def frozen(memories: Iterable[Recalled]) -> dict[str, Any]:
    """As the turn's snapshot keeps them, by their numbers, so that one can be found and taken out."""
    kept = {str(each.id): {"kind": each.kind, "text": each.text} for each in memories}
    return {"memories": kept} if kept else {}


def without_memories(*, person_id: int, memory_ids: list[int], **_: object) -> None:
    """A person's memory that is forgotten leaves the receipts of replies too."""
    turns = Turn.objects.filter(session__owner=person_id, snapshot__has_key="memories")
    if len(memory_ids) <= _FEW:
        turns = turns.filter(snapshot__memories__has_any_keys=[str(each) for each in memory_ids])
    for turn in turns.select_for_update(of=("self",)).only("snapshot").iterator():
        for each in memory_ids:
            if told := turn.snapshot["memories"].get(str(each)):
                told["text"] = ""
        turn.save(update_fields=["snapshot"])


def withdraw(session: Session) -> None:
    withdraw_messages(_messages_of([session.pk]))


def restore(session: Session) -> None:
    restore_messages(_messages_of([session.pk]))


def forget(session_ids: list[Any]) -> None:
    forget_messages(_messages_of(session_ids))


def _messages_of(session_ids: list[Any]) -> Any:
    return Message.objects.filter(session__in=session_ids).order_by().values("pk")
