"""Sensor readings: what devices measure, its extremes, the thresholds it is held against, and its course over time."""
