"""What the modules and the Lambda functions share: AWS access as a thin shell, and pure deciders that never call it."""
