"""What devices published and what was sent to them."""
