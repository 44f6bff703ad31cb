"""Views as HTML, in a terminal, and as Markdown, Word and PDF documents."""
