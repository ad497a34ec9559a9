"""The web page: its ES modules, styles and Content-Security-Policy in one response."""
