"""One tidy, typed, validated table per subject, made from the raw tables of CBS."""
