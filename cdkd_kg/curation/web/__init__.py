"""The page on which a domain expert decides, served to this computer alone."""
