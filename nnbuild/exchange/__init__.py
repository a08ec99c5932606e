"""Readers and writers of foreign formats: networks, their source, their weights."""
