"""Stand-ins for the carriers of text messages and pushes: they speak Twilio's, Vonage's, Firebase's and Apple's HTTP as
far as the platform and Amazon SNS use it, send receipts, show what they received, and fail as they are told."""
