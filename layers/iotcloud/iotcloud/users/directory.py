"""The port behind which accounts and passwords are kept. No password ever reaches one of our tables."""
