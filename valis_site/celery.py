"""The Celery application. Tasks find it through `set_default`, from whatever thread they are called."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, task_postrun, task_prerun
from django.db import close_old_connections

from valis_site import task_lines  # noqa: F401  (it listens to the signals of tasks)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "valis_site.settings")

# Without Celery's own Django fix-up, which would close the database connection after each task
# whatever CONN_MAX_AGE says, and run all system checks when a worker starts.
app = Celery("valis", fixups=[])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["accounts", "chat", "diagnostics"])
app.set_default()


@task_prerun.connect
@task_postrun.connect
def _give_back_connections(**_: Any) -> None:
    close_old_connections()


@beat_init.connect
def _show_start(**_: Any) -> None:
    app.send_task("diagnostics.tasks.tick", expires=15)
