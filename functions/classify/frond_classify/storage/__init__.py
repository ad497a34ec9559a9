"""DynamoDB, S3 and EventBridge."""
