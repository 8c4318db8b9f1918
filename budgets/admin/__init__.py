"""The admin's part about budgets."""

from budgets.admin import caps

__all__ = ["caps"]
