"""Administration of users by the platform's operators."""
