"""Messages to people: texts from templates, as e-mail by SMTP or as files."""
