"""Asks an account, with the deployer's credentials and reading only, for what the template needs and cannot set up."""
