"""The payments function: one API, the same code in both regions."""
