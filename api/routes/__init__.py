"""One module per resource; each exports `routes`, a table of operations that `api.app` mounts."""
