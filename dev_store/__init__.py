"""A development store on your own machine: plays Shopify's side of every conversation, over real HTTP."""
