"""Simulated devices: one in Python, one in Node.js, and fleets of them."""
