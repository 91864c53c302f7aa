"""Files of their owners: fetched once, checked, kept under their hash with licence and citation."""
