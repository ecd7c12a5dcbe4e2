"""Downloads teachers from buckets and from the Hugging Face hub."""
