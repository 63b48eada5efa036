"""What tables and listings are written as: Markdown, LaTeX, HTML, CSV and JSON."""
