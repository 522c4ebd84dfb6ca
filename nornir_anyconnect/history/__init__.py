"""Earlier audits in a database."""
