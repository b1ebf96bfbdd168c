"""Looks for known vulnerabilities in the installed packages, as far as the advisory service answers.

`python -m scripts.audit [--required] [options of pip-audit]`. Where the service cannot be reached it says
so and lets the build pass, unless `--required`. The last line is the result.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SECONDS = 180
ACCEPTED: dict[str, str] = {}
"""Advisories that do not concern VALIS, by id, each with the reason."""


def main(arguments: list[str]) -> int:
    is_required = "--required" in arguments
    options = [each for each in arguments if each != "--required"]
    packages, problem = _look_up(options)
    looked_up = [each for each in packages if "skip_reason" not in each]
    unknown = [each["name"] for each in packages if "skip_reason" in each]
    vulnerable = [each for each in looked_up if each["vulns"]]
    for package in vulnerable:
        for found in package["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            print(f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}")
    if vulnerable:
        print(f"[audit] Known vulnerabilities in {len(vulnerable)} of {len(looked_up)} packages, see above.")
        return 1
    if not looked_up:
        print(f"[audit] NOT CHECKED for known vulnerabilities: {problem}")
        return int(is_required)
    if unknown:
        print(f"[audit] NOT ALL CHECKED: the advisory service does not know {', '.join(sorted(unknown))}.")
        return int(is_required)
    print(f"[audit] No known vulnerability. Packages looked up: {len(looked_up)}.")
    return 0


def _look_up(options: list[str]) -> tuple[list[dict[str, Any]], str]:
    """Every package with its vulnerabilities, or why there is no answer."""
    command = [
        Path(sys.executable).with_name("pip-audit"),
        *("--format", "json", "--progress-spinner", "off", "--desc", "off", "--timeout", "15"),
        *(f"--ignore-vuln={each}" for each in ACCEPTED),
        *options,
    ]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        packages: list[dict[str, Any]] = json.loads(run.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return [], f"the advisory service did not answer within {SECONDS} s."
    except (ValueError, KeyError):
        return [], "the advisory service cannot be reached from here."
    return packages, "the advisory service knows none of the packages; something stands in between."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
