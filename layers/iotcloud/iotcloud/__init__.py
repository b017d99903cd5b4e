"""The domain of the platform: one folder per feature, adapters for what is remote, and nothing of HTTP or Lambda."""
