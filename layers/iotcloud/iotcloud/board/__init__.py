"""What a device answers about itself at once: status and settings; the ports follow the same way."""
