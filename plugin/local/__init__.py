"""Everything on one machine: embedded Redis, the app's processes, a development store, the demo and rehearsals."""
