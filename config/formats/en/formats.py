"""The day first, 24 hours, seconds: as the pages show records."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i:s"
TIME_FORMAT = "H:i:s"
