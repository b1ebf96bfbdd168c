"""Celery's door: each task carries ids at most, and calls one service."""

from celery import shared_task

from chat import answering, learning, lessons, wishes
from chat.dispatching import dispatch_waiting
from chat.keeping import erase_deleted
from chat.recovery import Reaper
from chat.titling import name_session
from chat.transient import delete_expired, forget_delivered
from memory.forgetting import forget_deleted
from usage.ledger import close_forgotten
from usage.models import Purpose

_reaper = Reaper()


@shared_task
def answer_turn(turn_id: int) -> None:
    answering.answer_turn(turn_id)


@shared_task
def title_session(turn_id: int) -> None:
    name_session(turn_id)


@shared_task
def reap() -> None:
    _reaper.reap()


@shared_task
def sweep() -> None:
    dispatch_waiting()


@shared_task
def carry_out_wishes() -> None:
    wishes.carry_out_due()
    wishes.give_up_old()


@shared_task
def learn_due() -> None:
    for persona_id, person_id in learning.due():
        learn.delay(persona_id, person_id)


@shared_task(expires=60)
def learn(persona_id: int, person_id: int) -> None:
    lessons.learn(persona_id=persona_id, person_id=person_id)


@shared_task
def forget() -> None:
    """What programs asked over `/v1` does not stay, nor what people deleted."""
    forget_delivered()
    delete_expired()
    erase_deleted()
    forget_deleted()
    close_forgotten(Purpose.TITLE)
