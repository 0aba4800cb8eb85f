"""Steps by which the ledger's two tables came to their present shape; `hub.ledger.schema` runs them."""
