"""The verbs of `kata`, one file each, with its click command as `command`."""
