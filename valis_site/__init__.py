"""Wiring only: settings, URLs, the ASGI and Celery applications. Nothing imports from here."""

from valis_site.celery import app as celery_app

__all__ = ["celery_app"]
