"""mbox: one file per mail folder, plain or gzipped, as mail programs keep them and as Takeout exports them."""
