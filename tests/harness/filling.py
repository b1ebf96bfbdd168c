"""What a first start leaves behind, made once and copied: migrating and hashing cost seconds."""

import atexit
import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.harness.process import ROOT
from tests.harness.valis import environment_for

_FILL = """
import django
django.setup()
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from accounts.first_people import create_first_people
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from accounts.models import User
from tests.harness.valis import login_of
from valis_site.serving.first_start import fill_when_empty
call_command("migrate", verbosity=0)
fill_when_empty()
create_first_people(demo_password=settings.VALIS_DEMO_PASSWORD, staff_password=settings.VALIS_STAFF_PASSWORD)
for user in User.objects.all():
    login = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[-1],
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    Session.objects.create(
        session_key=login_of(user.username),
        session_data=SessionStore().encode(login),
        expire_date=SessionStore().get_expiry_date(),
    )
connection.close()
"""


def fill(environment: dict[str, str]) -> None:
    """The database of these settings, which may be empty, as a first start leaves it."""
    environment = {"DJANGO_SETTINGS_MODULE": "valis_site.settings", **environment}
    subprocess.run([sys.executable, "-c", _FILL], env=environment, cwd=ROOT, check=True, timeout=120)


def copy_filled(data: Path) -> None:
    """Data of a VALIS that was started before; people have the passwords of `environment_for`, and logins."""
    shutil.copytree(_filled(), data, dirs_exist_ok=True)


@functools.cache
def _filled() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="valis-filled-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    fill(environment_for(folder))
    return folder
