# The images of VALIS for a server. `docker compose build` makes both: `valis` and `nginx`.

FROM python:3.11-slim-bookworm AS packages
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /srv/valis
COPY requirements.txt constraints.txt ./
RUN pip install --no-cache-dir --requirement requirements.txt

FROM python:3.11-slim-bookworm AS base
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 VALIS_DATA_DIR=/var/lib/valis
RUN useradd --system --uid 10001 --home-dir /var/lib/valis --create-home --shell /usr/sbin/nologin valis \
    && install --directory --owner valis --mode 700 /backups
WORKDIR /srv/valis
COPY --from=packages /opt/venv /opt/venv
COPY . .
RUN python -m compileall -q .

FROM base AS static
ENV VALIS_STATIC_ROOT=/srv/static
RUN python manage.py collectstatic --no-input --verbosity 0

# The web server in front has the static files of the same version.
FROM nginx:1.28-bookworm AS nginx
COPY --from=static /srv/static /srv/static
COPY deploy/nginx/valis.conf.template /etc/nginx/templates/default.conf.template
ENV NGINX_ENVSUBST_FILTER=^VALIS_ VALIS_STATIC_DIR=/srv/static

FROM base AS valis
COPY --from=static /srv/static /srv/static
ENV VALIS_STATIC_ROOT=/srv/static
USER 10001
EXPOSE 8000
CMD ["python", "manage.py", "web", "--host", "0.0.0.0", "--port", "8000"]
