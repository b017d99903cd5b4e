"""Sensor readings: values, extremes, thresholds and time series."""
