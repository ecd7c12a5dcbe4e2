"""Teachers: trained policies of any origin, seen as logits over actions."""
