"""People: sign-up, sign-in, tokens and profile."""
