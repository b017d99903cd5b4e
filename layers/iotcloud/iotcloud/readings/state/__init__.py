"""State kept per device beside its readings: extremes, alert state, pending alerts."""
