"""What an e-mail address is: one rule for accounts and for people who are invited."""

EMAIL_PATTERN = r"^[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s/\x00-\x1f\x7f-\x9f]+\.[^@\s/\x00-\x1f\x7f-\x9f]*$"
"""A local part, and a domain with a dot. A slash in the domain could not stand in a path, where addresses stand too."""
