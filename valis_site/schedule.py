"""What VALIS does regularly, all of it in the housekeeping worker."""

from typing import Any

_REGULARLY: dict[str, tuple[str, float]] = {
    "reap lost turns": ("chat.tasks.reap", 10.0),
    "sweep waiting turns": ("chat.tasks.sweep", 10.0),
    "end drills": ("diagnostics.tasks.end_drills", 10.0),
    "show that the scheduler runs": ("diagnostics.tasks.tick", 15.0),
    "carry out wishes": ("chat.tasks.carry_out_wishes", 15.0),
    "go on with fidelity runs": ("diagnostics.tasks.sweep_fidelity", 15.0),
    "learn from what was said": ("chat.tasks.learn_due", 15.0),
    "forget what programs asked": ("chat.tasks.forget", 60.0),
    "recount what is shown": ("diagnostics.tasks.recount", 60.0),
    "tidy up": ("diagnostics.tasks.tidy", 300.0),
    "remove logins that are over": ("accounts.tasks.remove_old_logins", 900.0),
}

# One that nobody took in time is dropped: the next one does its work.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    name: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for name, (task, seconds) in _REGULARLY.items()
}
CELERY_TASK_ROUTES = {task: {"queue": "housekeeping"} for task, _ in _REGULARLY.values()} | {
    task: {"queue": "background"}
    for task in ("chat.tasks.learn", "chat.tasks.title_session", "diagnostics.tasks.go_on_with_fidelity")
}
