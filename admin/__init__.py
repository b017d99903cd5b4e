"""Commands for administrators of a deployed stack; they use the user's AWS credentials."""
