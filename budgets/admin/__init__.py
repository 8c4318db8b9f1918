"""The admin's part about budgets."""

from budgets.admin import approvals, caps, credits, ledger, prices

__all__ = ["approvals", "caps", "credits", "ledger", "prices"]
