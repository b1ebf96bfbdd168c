#!/usr/bin/env bash
# Style, format, layers, templates, and what bandit takes for unsafe. All are run, also when the first complains.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=0
quietly() {
    local output
    if output=$("$@" 2>&1); then return; fi
    printf '%s\n\n' "$output"
    printf '[lint] %s: problems above\n' "${1##*/}"
    failed=1
}

quietly .venv/bin/ruff check --quiet --output-format concise .
quietly .venv/bin/ruff format --check --output-format concise .
quietly .venv/bin/lint-imports
quietly .venv/bin/djlint --lint templates
quietly .venv/bin/bandit --quiet --configfile pyproject.toml --recursive .
if [ $failed -eq 0 ]; then echo "[lint] Style, format, layers and templates are clean, and nothing looks unsafe."; fi
exit $failed
