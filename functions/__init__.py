"""The event-driven functions, one module each: parse the event, call one service, return."""
