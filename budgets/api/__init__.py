"""REST API of budgets (000 "API Reference")."""
