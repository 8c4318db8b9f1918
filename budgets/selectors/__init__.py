"""Reads of budgets: a fixed number of queries each."""
