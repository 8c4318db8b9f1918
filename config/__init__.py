"""The roof: settings, URLs, API mount, Celery, beat table. Sees all, decides nothing."""
