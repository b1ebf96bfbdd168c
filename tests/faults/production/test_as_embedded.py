"""What holds for VALIS in one process holds for several: the same tests, on the other fixtures."""

import pytest

from tests.faults.test_bad_providers import *  # noqa: F403
from tests.faults.test_odd_frames import *  # noqa: F403
from tests.faults.test_sent_twice import *  # noqa: F403
from tests.faults.test_sockets import *  # noqa: F403
from tests.faults.test_stopping_replies import *  # noqa: F403

pytestmark = pytest.mark.fault
