"""Accounts: logging in, what their holders change, what is known of them, and links in mails."""
