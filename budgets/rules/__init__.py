"""Decisions about budgets. Pure functions of their arguments."""
