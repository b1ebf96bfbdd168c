#!/bin/sh
# Once a day at VALIS_BACKUP_HOUR (UTC, 3): a back-up, kept for 30 days. On Sundays the newest one is
# restored into a database that is thrown away. What fails is tried again an hour later.
set -u

hour=${VALIS_BACKUP_HOUR:-3}
folder=${VALIS_BACKUP_FOLDER:-/backups}
trap 'exit 0' TERM INT

rest() {
    sleep "$1" &
    wait $!
}

back_up() {
    python manage.py backup --to "$folder" --keep 30 || return 1
    if [ "$(date -u +%u)" = 7 ]; then python manage.py backup --verify "$folder" || return 1; fi
}

until_next_time() {
    now=$(date -u +%s)
    next=$((now - now % 86400 + hour * 3600))
    if [ "$next" -le "$now" ]; then next=$((next + 86400)); fi
    echo $((next - now))
}

# The first one at once: an installation without a back-up should not have to wait for the night.
while true; do
    until back_up; do
        echo "The back-up failed; the next try is in an hour." >&2
        rest 3600
    done
    rest "$(until_next_time)"
done
