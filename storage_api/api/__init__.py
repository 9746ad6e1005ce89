"""HTTP, and nothing but HTTP: routes, schemas, problem documents, the Swagger page."""
