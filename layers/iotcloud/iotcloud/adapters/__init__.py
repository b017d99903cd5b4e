"""What is remote and not our table: the device link, the thing registry, Cognito, mail, sms, push, payments."""
