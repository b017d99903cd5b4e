"""Empties and removes a stack that is not a production one, with what was made outside the template for its devices."""
