"""Pages about budgets."""

from django.urls import path

from budgets.views import caps, decide, tab

urlpatterns = [
    path("budgets", tab.budgets, name="budgets"),
    path("budgets/live", tab.live, name="budgets-live"),
    path("budgets.csv", tab.budgets_csv, name="budgets-csv"),
    path("budgets/<uuid:agent_id>", caps.edit_caps, name="budget-caps"),
    path("budgets/approvals/<uuid:approval_id>/raise", decide.raise_cap, name="budget-raise"),
    path("budgets/approvals/<uuid:approval_id>/keep", decide.keep_cap, name="budget-keep"),
]
