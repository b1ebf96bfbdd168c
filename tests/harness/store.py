"""What VALIS has stored, read beside it, and rows that staff would set."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.harness.rows import Row, database, rows_in

__all__ = ["OPEN", "Store", "database", "forget_failures", "lift_limits", "set_up_engine", "set_up_provider"]

OPEN = frozenset({"queued", "streaming"})


@dataclass(frozen=True, slots=True)
class Store:
    """All rows of the chat and the ledger, each as a dictionary."""

    messages: list[Row]
    turns: list[Row]
    attempts: list[Row]
    calls: list[Row]

    @classmethod
    def read(cls, data: Path | str, sessions: Iterable[str]) -> "Store":
        """What belongs to these sessions, as one moment sees it. `data` is what `rows_in` takes."""
        keys = [session.replace("-", "") for session in sessions]
        own = f"session_id IN ({', '.join(['%s'] * len(keys))})"
        turns = f"turn_id IN (SELECT id FROM chat_turn WHERE {own})"
        tables = {
            "chat_message": own,
            "chat_turn": own,
            "chat_attempt": turns,
            "usage_call": turns,
        }
        statements = [f"SELECT * FROM {table} WHERE {which} ORDER BY id" for table, which in tables.items()]
        return cls(*rows_in(data).select(statements, keys))

    def turns_on(self, message: int) -> list[Row]:
        return [turn for turn in self.turns if turn["question_id"] == message]

    def attempts_at(self, turn: int) -> list[Row]:
        return [attempt for attempt in self.attempts if attempt["turn_id"] == turn]

    def current_attempt(self, turn: Row) -> Row | None:
        made = self.attempts_at(turn["id"])
        return next((each for each in made if each["number"] == turn["attempt"]), None)

    @property
    def is_settled(self) -> bool:
        return all(turn["status"] not in OPEN for turn in self.turns)


def lift_limits(data: Path | str) -> None:
    """Let a persona talk for as long as a test does, and providers fail as often as a test wants."""
    set_up_engine(data, daily_token_cap=10**12, daily_cost_cap_usd=1e6, circuit_breaker_threshold=1000)


def set_up_engine(data: Path | str, **values: object) -> None:
    """Change engine settings, as staff would; the next turn goes by them."""
    for name, value in values.items():
        kept = json.dumps(value) if isinstance(value, list) else value
        rows_in(data).change(f"UPDATE providers_enginesettings SET {name} = %s", [kept])


def forget_failures(data: Path | str) -> None:
    """No provider is left alone any more, whatever it did before."""
    rows_in(data).change("DELETE FROM providers_circuit")


def set_up_provider(data: Path | str, name: str, **values: object) -> None:
    """Change a provider's row, as staff would."""
    for column, value in values.items():
        rows_in(data).change(f"UPDATE providers_provider SET {column} = %s WHERE name = %s", [value, name])
