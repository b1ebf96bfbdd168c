"""What housekeeping removes of its own, and that it is sent at all."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from diagnostics.models import ProcessFigures, Sign
from diagnostics.signs import SCHEDULER, show_life
from diagnostics.tasks import tidy
from valis_site.celery import app


@pytest.mark.django_db
def test_signs_that_nobody_has_given_for_a_week_are_removed() -> None:
    show_life(SCHEDULER)
    Sign.objects.create(name="gone", seen_at=timezone.now() - timedelta(days=8))

    tidy()

    assert [sign.name for sign in Sign.objects.all()] == [SCHEDULER]


@pytest.mark.django_db
def test_rows_of_processes_that_are_gone_are_put_together() -> None:
    old = timezone.now() - timedelta(hours=1)
    ProcessFigures.objects.create(id="gone", role="web", name="web-1@there", seen_at=old)

    tidy()

    assert [row.pk for row in ProcessFigures.objects.all()] == ["past"]


def test_every_regular_task_exists_and_goes_to_housekeeping() -> None:
    app.loader.import_default_modules()
    regular = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}

    assert regular <= set(app.tasks)
    assert {settings.CELERY_TASK_ROUTES[name]["queue"] for name in regular} == {"housekeeping"}
