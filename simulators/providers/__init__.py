"""Stand-ins for the carriers of text messages: they speak Twilio's and Vonage's HTTP as far as the platform uses it,
show what they received, and fail as they are told. Phones are not here: pushes go to them through Amazon SNS."""
