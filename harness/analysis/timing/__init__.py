"""What `harness time` measured: `rows` hold it against one cell, `texts` are what people read, `formats` are files."""
