"""What Shopify posts: kept until it is done, and what each topic means."""
