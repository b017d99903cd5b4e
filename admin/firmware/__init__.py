"""Commands that publish firmware; they use the user's AWS credentials."""
