"""marshmallow schemas at the borders: webhook payloads in, merchants' settings in, JSON answers out."""
