"""Enumerations of budgets: value, label, tone class and icon together, as in ``workforce.choices``."""

from workforce.choices import Choice


class CapWindow(Choice):
    """The four windows a cap is of (spec B1)."""

    DAILY = "daily", "Daily"
    WEEKLY = "weekly", "Weekly"
    MONTHLY = "monthly", "Monthly"
    ANNUAL = "annual", "Annual"

    @property
    def field(self) -> str:
        """The column, and the name in bodies and forms."""
        return f"{self.value}_tokens"


class CapsKept(Choice):
    """Whether an agent has a cap of any window."""

    SET = "set", "Caps set"
    NONE = "none", "No caps set"
