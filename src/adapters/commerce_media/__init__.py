"""Media stores (a folder, S3 and what speaks its language), and what reads images (Pillow)."""
