"""What is left of a signature: the seal, the verdict, and the evidence as JSON."""
