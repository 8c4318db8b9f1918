from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def keep_promises(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """After every migrate: the triggers that guard append-only and frozen rows (SQLite loses them on a rebuild)."""
    from workforce.models import promises

    promises.install(sender.get_models(), using=using)


class WorkforceConfig(AppConfig):
    name = "workforce"
    verbose_name = "Workforce"

    def ready(self) -> None:
        post_migrate.connect(keep_promises, dispatch_uid="punchcard.promises")
