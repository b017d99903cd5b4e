"""Empties and removes a non-production stack, including certificates and things of its devices."""
