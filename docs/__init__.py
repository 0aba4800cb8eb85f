"""The project's documents, and the program that generates those that describe the code."""
