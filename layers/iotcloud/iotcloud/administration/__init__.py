"""What those who run the platform may see and do about its users."""
