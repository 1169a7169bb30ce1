"""A second factor for staff: a code from their phone, asked for after the password. See docs/security.md."""
