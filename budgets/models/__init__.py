"""Facts of budgets."""

from budgets.models.caps import Caps
from budgets.models.credits import CreditAccount, CreditEntry
from budgets.models.limits import BurnAnomaly, CapApproval, CapMark
from budgets.models.prices import Price, SpendPolicy
from budgets.models.usage import Reservation, Usage, UsageDay, UsageHour

__all__ = [
    "BurnAnomaly",
    "CapApproval",
    "CapMark",
    "Caps",
    "CreditAccount",
    "CreditEntry",
    "Price",
    "Reservation",
    "SpendPolicy",
    "Usage",
    "UsageDay",
    "UsageHour",
]
