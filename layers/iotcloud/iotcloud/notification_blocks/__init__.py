"""Notification blocks: which texts a port sends to whom."""
