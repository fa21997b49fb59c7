"""The custom search commands: the chunked protocol on one side, pure rules on the other."""
