"""Teachers of others, fetched from buckets and from the hub."""
