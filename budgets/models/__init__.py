"""Facts of budgets."""

from budgets.models.caps import Caps

__all__ = ["Caps"]
