output "role_arn" {
  description = "The role that S3 replicates as."
  value       = aws_iam_role.this.arn
}
