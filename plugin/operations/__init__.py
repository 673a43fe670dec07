"""Running the app: what Prometheus, load balancers and operators are told of it."""
