"""Stand-ins for the carriers of text messages and pushes. They implement the parts of Twilio's, Vonage's, Firebase's
and Apple's HTTP APIs that are used here, send receipts, show received messages, and fail on request."""
