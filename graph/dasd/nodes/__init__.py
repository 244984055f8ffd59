"""The nodes of reasoning distillation, one file each."""
