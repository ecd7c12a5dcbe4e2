"""The methods: what a student takes from its teacher, as data."""
