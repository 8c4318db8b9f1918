from django.apps import AppConfig


class ConfigApp(AppConfig):
    name = "config"
    verbose_name = "Punchcard"

    def ready(self) -> None:
        from config import celery  # noqa: F401  the app must exist before a task is called
