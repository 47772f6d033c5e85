"""PostgreSQL and SQLite behind the storage ports: one portable form of SQL."""
