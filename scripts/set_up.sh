#!/usr/bin/env bash
# Makes .venv if there is none that works, and installs a requirements file into it.
# Called by the Makefile: scripts/set_up.sh requirements.txt | requirements-dev.txt
set -euo pipefail
cd "$(dirname "$0")/.."

requirements=$1
log=.venv/set-up.log
is_new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

say() { printf '[set-up] %s\n' "$*"; }
stop() { printf '[set-up] %s\n' "$@" >&2; exit 1; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3 python; do
        # Being on the path is not enough: version managers put names there that do not run.
        if [ -n "$candidate" ] && "$candidate" -c "$is_new_enough" >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    stop "VALIS needs Python 3.11 or newer. Found: $(python3 --version 2>/dev/null || echo no python3 at all)." \
        "Install it (Debian, Ubuntu: apt-get install python3 python3-venv; macOS: brew install python)," \
        "or name one that is not on the path: PYTHON=/path/to/python3.12 make run"
}

make_environment() {
    local python
    python=$(find_python)
    say "Making .venv with $("$python" --version) …"
    rm -rf .venv
    if ! "$python" -m venv .venv; then
        rm -rf .venv
        stop "Python's venv module did not work. On Debian and Ubuntu it is a package of its own:" \
            "apt-get install python3-venv"
    fi
}

install() {
    # The pinned versions are the tested ones; what is there already is only looked at.
    if ! .venv/bin/python -m pip install --no-input --disable-pip-version-check --requirement "$requirements" \
        >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        stop "Installing $requirements failed; the end of $log is above." \
            "Running the same command again goes on where it stopped."
    fi
}

.venv/bin/python -c "$is_new_enough" 2>/dev/null || make_environment

if [ "$requirements" = requirements.txt ]; then
    say "Installing what VALIS runs on (once, a minute or so) …"
else
    say "Installing what VALIS and its tests need (once, a minute or two) …"
fi
SECONDS=0
install
say "Done in $SECONDS s."

touch .venv/.installed
if [ "$requirements" = requirements-dev.txt ]; then touch .venv/.installed-dev; fi
