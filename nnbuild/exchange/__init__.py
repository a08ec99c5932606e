"""Networks in foreign formats, read and written. A format is imported when it is asked for."""
