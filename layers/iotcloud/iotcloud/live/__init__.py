"""What happens to devices, published as it happens to the users who watch them."""
