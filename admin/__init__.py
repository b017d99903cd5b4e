"""Commands for those who run a deployed stack; they use the AWS credentials of whoever types them."""
