"""What is looked at when somebody asks how the installation is. `regulars doctor` is the only caller."""
