"""A device in Python: a pure board, links that carry its messages, and a console."""
