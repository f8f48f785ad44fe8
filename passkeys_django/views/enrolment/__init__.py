"""The pages of links that let people in, and the page "Add another device"."""
