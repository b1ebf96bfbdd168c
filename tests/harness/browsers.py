"""The browsers of this machine."""

import shutil

CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first one has no windows to draw: the same pages cost it a third of the work."""
FIREFOXES = ("firefox-esr", "firefox")


def path_of(names: tuple[str, ...]) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    assert found, f"Found none of {', '.join(names)}: `apt-get install {names[0]}`, or `make test-tools`"
    return found
