"""The real settings, for processes that tests make die at chosen moments."""

from valis_site.settings import *  # noqa: F403
from valis_site.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.harness.failpoints.Failpoints"]
