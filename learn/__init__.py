"""What is learned offline from extracts and logs. The edge never imports this; what it learns reaches the edge as tables."""
