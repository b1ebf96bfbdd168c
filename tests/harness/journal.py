"""What one client was told: its messages and their fate, and the replies as it put them together.

It follows `docs/reference/protocol.md`; what the server may never do is kept in `complaints`.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

ENDINGS = {
    "turn.done": "complete",
    "turn.failed": "failed",
    "turn.cancelled": "cancelled",
    "turn.interrupted": "interrupted",
}
FINAL = frozenset(ENDINGS.values())


@dataclass(slots=True)
class Sent:
    """A message of this client; `message` and `turn` are known once it was accepted."""

    session: str
    text: str
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    message: int | None = None
    turn: int | None = None

    @property
    def is_accepted(self) -> bool:
        return self.message is not None


@dataclass(slots=True)
class Reply:
    """One turn as this client sees it. `heard` is what came in pieces."""

    status: str = "queued"
    attempt: int = 0
    text: str = ""
    heard: str = ""
    form: dict[str, Any] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    def begin(self, attempt: int, status: str) -> None:
        self.attempt, self.status, self.text, self.heard = attempt, status, "", ""


class Journal:
    """Everything one client knows. `hear` takes each event in the order it came."""

    def __init__(self) -> None:
        self.sent: dict[str, Sent] = {}
        self.replies: dict[int, Reply] = {}
        self.messages: dict[int, str] = {}
        self.errors: list[dict[str, Any]] = []
        self.closings: list[int] = []
        self.complaints: list[str] = []
        self.restarts: list[str] = []
        self.last_id = ""
        self.snapshots = 0

    @property
    def ended(self) -> dict[int, Reply]:
        return {turn: reply for turn, reply in self.replies.items() if reply.is_final}

    def hear(self, event: dict[str, Any]) -> bool:
        """False when something is missing that only a snapshot can bring."""
        self._check_order(event)
        kind = event["type"]
        if kind == "snapshot":
            self._take_snapshot(event)
        elif kind == "accepted":
            self._take_accepted(event)
        elif kind == "message":
            self.messages[event["message"]["id"]] = event["message"]["text"]
        elif kind == "turn.queued":
            self._take_turn(event["turn"])
        elif kind == "error":
            self.errors.append(event)
        elif kind.startswith("turn."):
            return self._take_turn_event(event)
        return True

    def _check_order(self, event: dict[str, Any]) -> None:
        if "id" not in event:
            return
        if event["type"] != "snapshot" and event["id"] <= self.last_id:
            self.complaints.append(f"event {event['id']} came after {self.last_id}")
        self.last_id = event["id"]

    def _take_snapshot(self, snapshot: dict[str, Any]) -> None:
        self.snapshots += 1
        self.messages = {each["id"]: each["text"] for each in snapshot["messages"]}
        for message in snapshot["messages"]:
            if sent := self.sent.get(message["client_id"]):
                sent.message = message["id"]
        for turn in snapshot["turns"]:
            self._take_turn(turn)
            self._name_turn(turn)

    def _take_accepted(self, event: dict[str, Any]) -> None:
        sent = self.sent.get(event["client_id"])
        if sent is None:
            self.complaints.append(f"{event['client_id']} was accepted and never sent")
            return
        if sent.is_accepted and sent.message != event["message"]["id"]:
            self.complaints.append(f"{sent.text!r} was stored as two messages")
        sent.message, sent.turn = event["message"]["id"], event["turn"]["id"]
        self._take_turn(event["turn"])

    def _name_turn(self, turn: dict[str, Any]) -> None:
        for sent in self.sent.values():
            if sent.message == turn["question"] and sent.turn is None:
                sent.turn = turn["id"]

    def _take_turn(self, turn: dict[str, Any]) -> None:
        """A whole turn: newer, or as new as what is known."""
        reply = self.replies.setdefault(turn["id"], Reply())
        if turn["attempt"] < reply.attempt:
            return
        if turn["attempt"] > reply.attempt:
            reply.begin(turn["attempt"], turn["status"])
        if turn["status"] == "queued":
            reply.status, reply.text, reply.heard = "queued", "", ""
        elif turn["status"] in FINAL:
            self._end(reply, turn, turn["status"])
        elif reply.status in {"queued", "streaming"}:
            self._compare(turn["id"], reply.text, turn["text"])
            reply.status = "streaming"
            if len(turn["text"]) > len(reply.text):
                reply.text = reply.heard = turn["text"]

    def _take_turn_event(self, event: dict[str, Any]) -> bool:
        reply = self.replies.get(event["turn"])
        if reply is None:
            return False
        if event["attempt"] < reply.attempt:
            return True
        kind = event["type"]
        if kind in ENDINGS:
            self._end(reply, event, ENDINGS[kind])
        elif event["attempt"] > reply.attempt or reply.status == "queued":
            reply.begin(event["attempt"], "streaming")
        if kind == "turn.restarted":
            self.restarts.append(event["reason"])
        return self._append(reply, event) if kind == "turn.delta" else True

    def _append(self, reply: Reply, event: dict[str, Any]) -> bool:
        if reply.is_final:
            return True
        length = len(reply.text)
        if event["at"] > length:
            self.complaints.append(f"turn {event['turn']} has a gap from {length} to {event['at']}")
            return False
        overlap = length - event["at"]
        if reply.text[event["at"] :] != event["text"][:overlap]:
            self.complaints.append(f"turn {event['turn']} was told again in other words")
        reply.text += event["text"][overlap:]
        reply.heard = reply.text
        return True

    def _end(self, reply: Reply, form: dict[str, Any], status: str) -> None:
        if form["attempt"] > reply.attempt:
            reply.begin(form["attempt"], status)
        self._compare(form.get("turn", form.get("id")), reply.text, form["text"])
        reply.status, reply.text, reply.form = status, form["text"], form

    def _compare(self, turn: object, known: str, told: str) -> None:
        """A crash may lose the last second, so either may be the longer one; never another text."""
        if not (told.startswith(known) or known.startswith(told)):
            self.complaints.append(f"turn {turn} changed from {known[:60]!r} to {told[:60]!r}")
