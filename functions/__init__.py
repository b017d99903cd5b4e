"""The event-driven functions, one module each: parse, ask one service, answer."""
