"""The WeCom platform, seen by one self-built app."""
