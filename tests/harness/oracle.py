"""What has to hold after every fault, once it is gone and things have settled.

I1 every accepted message is stored exactly once. I2 every question has one reply, in a final state.
I3 a reply that is not complete keeps what the provider sent of it, and says why. I4 what a client put
together is what is stored. I5 the replies of a session ran one at a time, in order.
I6 no call without its row in the ledger, and none more often than the settings allow.
"""

import time
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from tests.harness.journal import FINAL, Journal
from tests.harness.store import Store
from tests.playing import Call, PlayingServer, max_overlap

SETTLING_SECONDS = 20.0
MOST_CALLS_OF_AN_ATTEMPT = 4
"""One, and one for each pause of the default schedule."""


def assert_nothing_lost(
    journals: Journal | Iterable[Journal],
    *,
    data: Path | str,
    playing: PlayingServer,
    seconds: float = SETTLING_SECONDS,
) -> Store:
    """Wait until nothing runs any more in these clients' sessions, then check I1 to I6.

    `data` is the folder of an embedded VALIS, or the address of a PostgreSQL database.
    Questions have to differ in their text, so that the provider's calls can be told apart.
    """
    told = [journals] if isinstance(journals, Journal) else list(journals)
    sessions = {sent.session for journal in told for sent in journal.sent.values()}
    assert sessions, "no client sent anything"
    store = _settled(data, sessions, seconds)
    calls = _calls_by_question(store, playing)
    problems = chain(
        _stored_once(told, store),
        _replied_once(store),
        _kept_partial_texts(store, calls),
        _put_together(told, store),
        _one_at_a_time(store, calls),
        _paid_for(store, calls),
    )
    found = list(problems)
    assert not found, "\n".join(found)
    return store


def _settled(data: Path | str, sessions: set[str], seconds: float) -> Store:
    ends_at = time.monotonic() + seconds
    while True:
        store = Store.read(data, sessions)
        if store.is_settled or time.monotonic() > ends_at:
            return store
        time.sleep(0.05)


def _calls_by_question(store: Store, playing: PlayingServer) -> dict[int, list[Call]]:
    """The provider's own record, by the id of the message it was asked about."""
    by_text = {message["text"]: message["id"] for message in store.messages}
    assert len(by_text) == len(store.messages), "the oracle needs questions that differ"
    calls: dict[int, list[Call]] = {message["id"]: [] for message in store.messages}
    for call in playing.calls:
        if call.last_user_text in by_text:
            calls[by_text[call.last_user_text]].append(call)
    return calls


def _stored_once(journals: list[Journal], store: Store) -> Iterator[str]:
    for sent in chain.from_iterable(journal.sent.values() for journal in journals):
        rows = [row for row in store.messages if row["client_id"] == sent.client_id]
        if len(rows) > 1:
            yield f"I1: {sent.text!r} is stored {len(rows)} times"
        if sent.is_accepted and [row["id"] for row in rows] != [sent.message]:
            yield f"I1: {sent.text!r} was accepted as {sent.message}, stored is {rows}"
        if any(row["text"] != sent.text for row in rows):
            yield f"I1: {sent.text!r} is stored with another text"


def _replied_once(store: Store) -> Iterator[str]:
    for message in store.messages:
        if (count := len(store.turns_on(message["id"]))) != 1:
            yield f"I2: {message['text']!r} has {count} turns"
    for turn in store.turns:
        if turn["status"] not in FINAL:
            yield f"I2: turn {turn['id']} is {turn['status']} for good"
        current = store.current_attempt(turn) or {"status": "missing"}
        # A turn that is cancelled while it waits has no attempt, or only earlier ones.
        if turn["status"] not in {current["status"], "cancelled"}:
            yield f"I2: turn {turn['id']} is {turn['status']}, its attempt {current}"
        if any(each["status"] == "streaming" for each in store.attempts_at(turn["id"])):
            yield f"I2: an attempt at turn {turn['id']} is streaming for good"


def _kept_partial_texts(store: Store, calls: dict[int, list[Call]]) -> Iterator[str]:
    for turn in store.turns:
        texts = [call.text for call in calls.get(turn["question_id"], [])]
        for attempt in store.attempts_at(turn["id"]):
            text, status = attempt["text"], attempt["status"]
            if status != "complete" and not attempt["code"]:
                yield f"I3: attempt {attempt['number']} of turn {turn['id']} is {status}, no code"
            if _is_fallback(store, attempt):
                continue
            if status == "complete" and text not in texts:
                yield f"I3: turn {turn['id']} ends with a text no call had: {text[-60:]!r}"
            if not any(each.startswith(text) for each in ["", *texts]):
                yield f"I3: turn {turn['id']} kept what no call said: {text[:60]!r}"


def _is_fallback(store: Store, attempt: dict[str, Any]) -> bool:
    return any(
        call["kind"] == "fallback"
        and (call["turn_id"], call["attempt"]) == (attempt["turn_id"], attempt["number"])
        for call in store.calls
    )


def _put_together(journals: list[Journal], store: Store) -> Iterator[str]:
    turns = {turn["id"]: turn for turn in store.turns}
    for journal in journals:
        yield from (f"I4: {complaint}" for complaint in journal.complaints)
        for number, reply in journal.replies.items():
            turn = turns.get(number)
            if turn is None:
                yield f"I4: turn {number}, which a client saw, is gone"
                continue
            stored = store.current_attempt(turn) or {"text": ""}
            if not reply.is_final or reply.attempt != turn["attempt"]:
                yield f"I4: a client still sees turn {number} as {reply.status}"
            elif reply.text != stored["text"]:
                yield f"I4: turn {number} is {stored['text'][-60:]!r}, seen {reply.text[-60:]!r}"


def _one_at_a_time(store: Store, calls: dict[int, list[Call]]) -> Iterator[str]:
    for session in {message["session_id"] for message in store.messages}:
        own = [row for row in store.messages if row["session_id"] == session]
        asked = [calls[row["id"]] for row in sorted(own, key=lambda row: int(row["position"]))]
        if max_overlap(list(chain.from_iterable(asked))) > 1:
            yield f"I5: two replies of session {session} ran at the same time"
        firsts = [each[0].started for each in asked if each]
        if any(later < earlier for earlier, later in pairwise(firsts)):
            yield f"I5: the replies of session {session} ran out of order"


def _paid_for(store: Store, calls: dict[int, list[Call]]) -> Iterator[str]:
    for turn in store.turns:
        rows = [row for row in store.calls if row["turn_id"] == turn["id"]]
        asked = [row for row in rows if row["kind"] != "fallback"]
        if any(row["outcome"] == "open" for row in rows):
            yield f"I6: a call for turn {turn['id']} is open for good"
        if len(asked) < len(calls.get(turn["question_id"], [])):
            yield f"I6: turn {turn['id']} was asked more often than the ledger knows"
        for number in {row["attempt"] for row in asked}:
            of_attempt = [row for row in asked if row["attempt"] == number]
            providers = {row["provider"] for row in of_attempt}
            if len(of_attempt) > MOST_CALLS_OF_AN_ATTEMPT * len(providers):
                yield f"I6: attempt {number} of turn {turn['id']} made {len(of_attempt)} calls"
