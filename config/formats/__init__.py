"""How dates read where no page says otherwise, the admin above all."""
