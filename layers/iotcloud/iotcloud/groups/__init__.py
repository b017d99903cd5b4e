"""Named sets of a user's devices."""
