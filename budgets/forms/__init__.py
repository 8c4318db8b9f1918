"""What the Budgets tab is asked: filters in the address, and the form of caps."""
