"""Model cards: the front matter and the section on environmental impact, brought up to date."""
