"""The models that are ours, for tests that look at every one of them."""

from django.apps import apps
from django.db.models import Model

#: Our packages, from the roof down.
OURS = ("config", "heartbeats", "scheduling", "budgets", "workforce")


def our_models() -> list[type[Model]]:
    """Every model with a table of its own that our packages define."""
    return [model for model in apps.get_models(include_auto_created=False) if model._meta.app_label in OURS]


def label(model: type[Model]) -> str:
    return model._meta.label
