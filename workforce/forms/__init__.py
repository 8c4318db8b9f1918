"""What the pages of people and work are asked: preferences, the address of a list, and the fields of a task."""

from workforce.forms.people import PreferencesForm, SignInForm
from workforce.forms.tasks import TaskForm, task_filter

__all__ = ["PreferencesForm", "SignInForm", "TaskForm", "task_filter"]
