"""Steps by which the ethics record's database came to its present shape; `ethics.schema` runs them."""
