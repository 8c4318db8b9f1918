"""The demo: a freight company whose agents a newcomer can watch, and the process that plays their runtimes."""
