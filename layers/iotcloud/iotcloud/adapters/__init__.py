"""Clients of remote services other than our tables: device link, thing registry, Cognito, mail, SMS, push, payments."""
