"""What a mail or a meeting was for: relational, working or transactional."""
