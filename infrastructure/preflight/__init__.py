"""Checks an account for everything that the template needs and cannot set up. Only reads."""
