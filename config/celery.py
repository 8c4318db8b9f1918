"""The Celery application. Tasks are doors: one service call each; messages are nudges, truth is in rows."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("punchcard")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
