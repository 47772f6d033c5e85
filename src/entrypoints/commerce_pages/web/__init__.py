"""What every page stands on: who is there, what a form says, how a page is drawn and protected."""
