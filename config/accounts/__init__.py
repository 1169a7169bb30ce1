"""Who somebody is: signing up, logging in and out, passwords. What belongs to an account is in the rooms."""
