"""Backtests: the alerts that a setting would have raised over stored readings."""
