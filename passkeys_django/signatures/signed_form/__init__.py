"""A form that people sign: what was posted, the view, and how a repeated post is answered."""
