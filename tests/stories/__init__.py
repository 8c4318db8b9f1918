"""What users do from one end to the other, through the doors they use."""
