"""The REST API: one Lambda function, one Chalice app, one route module per resource."""
