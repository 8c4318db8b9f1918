"""The Budgets tab."""
