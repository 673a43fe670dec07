"""Alembic migrations, the same script for SQLite and PostgreSQL."""
