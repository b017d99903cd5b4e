"""Commands that publish firmware; they use the AWS credentials of whoever types them."""
