"""The local AWS: one MiniStack process, mended where its answers differ from AWS's, with DNS and TLS around it."""
