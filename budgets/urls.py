"""Pages about budgets."""

from django.urls import path

from budgets.views import caps

urlpatterns = [
    path("budgets", caps.budgets, name="budgets"),
    path("budgets.csv", caps.budgets_csv, name="budgets-csv"),
    path("budgets/<uuid:agent_id>", caps.edit_caps, name="budget-caps"),
]
