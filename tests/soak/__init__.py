"""`make soak`: a store's history is played while everything breaks by a seed; then the tags in the store are counted.

The development store plays Shopify; every process of the app is the real one, started by `process`.
"""
