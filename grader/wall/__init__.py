"""The wall between judge and solver. `codec`, `frames` and `solver` are all that a sandbox sees."""
