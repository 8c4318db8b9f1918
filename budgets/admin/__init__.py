"""The admin's part about budgets."""

from budgets.admin import caps, credits, ledger, prices

__all__ = ["caps", "credits", "ledger", "prices"]
