"""What talks to ikas: tokens, one exchange, and the query builder."""
