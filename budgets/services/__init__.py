"""Writes of budgets: one transaction each, with its audit."""
